import { z } from 'zod';
import { count } from './leaf.ts';

export const estimate = z
  .union([
    z.object({
      value: z.number(),
      low: z.number().nullable().describe('null: open below'),
      high: z.number().nullable().describe('null: open above'),
      confidence: z.number().gt(0).lt(1),
      method: z.enum(['woodruff-batch-means', 'order-statistics', 'batch-means', 'korn-graubard', 'fieller']),
      needs: count.exactOptional().describe('further requests that would close the open bound'),
    }),
    z.object({
      value: z.number(),
      low: z.null(),
      high: z.null(),
      method: z.literal('observed').describe('a fact of the run, no estimate of anything behind it'),
    }),
    z.object({
      value: z.null(),
      reason: z.enum(['too-few-samples', 'censored', 'not-found', 'not-recorded', 'no-schedule']),
      needs: count.exactOptional().describe('requests needed in all'),
      low: z
        .number()
        .exactOptional()
        .describe('censored: the largest finite value; not-found: a lower bound of what was sought'),
    }),
  ])
  .meta({ id: 'estimate' });

export const accounting = z
  .object({
    scheduled: count.describe('= ok + failed by class + shed + unfinished, exactly'),
    ok: count,
    failed: z.object({ timeout: count, rejected: count, 'target-error': count, 'wrong-output': count }),
    shed: count,
    unfinished: count,
    cancelled: count.describe('intended after the stop; outside every ratio'),
  })
  .meta({ id: 'accounting' });

export const rates = z
  .object({
    offered: z.number(),
    started: z.number(),
    achieved: z.number(),
    goodput: z.number(),
    samples: z.number(),
    events: z.number().exactOptional().describe('of answers that stream them'),
  })
  .describe('per second')
  .meta({ id: 'rates' });

const summary = z
  .object({
    count,
    mean: estimate,
    p50: estimate,
    p90: estimate,
    p95: estimate,
    p99: estimate,
    'p99.9': estimate,
    max: estimate,
  })
  .meta({ id: 'latencySummary' });

export const latency = z
  .object({
    unit: z.literal('ms'),
    response: summary.describe('of all scheduled requests, those not ok at infinity'),
    responseOk: summary.describe('of the ok requests alone; descriptive'),
    service: summary,
    wait: summary.describe("no place was free: the target's doing"),
    lag: summary.describe('the harness was late'),
    parts: z
      .object({
        connect: summary.describe('opening the connection'),
        firstByte: summary.describe('from there to the first byte of the answer'),
        receive: summary.describe('from the first to the last byte'),
        server: summary.exactOptional().describe("the server's own time, of the answers that report it"),
      })
      .exactOptional()
      .describe('of the ok requests of a network target'),
    firstEvent: summary
      .exactOptional()
      .describe('of answers that stream, from the intended start; of all scheduled requests, those not ok at infinity'),
    firstEventService: summary
      .exactOptional()
      .describe('from the start to the first event; of the started requests, those not ok at infinity'),
    betweenEvents: summary
      .exactOptional()
      .describe('from event to event; counts gaps, with one at infinity of each started request that is not ok'),
  })
  .meta({ id: 'latency' });
