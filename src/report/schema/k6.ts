import { z } from 'zod';
import { count, share } from './leaf.ts';

export const k6Trial = z
  .object({
    latency: z.enum(['service time, uniform arrivals', 'service time, no schedule', 'service time, own scenarios']),
    samples: z.enum(['folded', 'csv']).describe('folded inside k6, or as CSV of a stock k6, which costs it more'),
    vus: count.describe('virtual users of the whole fleet'),
    vusMax: count,
    dropped: count.describe('iterations for which no virtual user was free'),
    markedFailed: z.boolean().describe('the script called exec.test.fail()'),
    thresholds: z.array(
      z.object({
        metric: z.string(),
        threshold: z.string(),
        observed: z.number().nullable(),
        verdict: z.enum(['kept', 'crossed', 'not-judged']),
      }),
    ),
  })
  .describe('what a trial by k6 says of itself');

export const k6Part = z.object({
  scenario: z.string(),
  group: z.string(),
  name: z.string(),
  metric: z.string(),
  type: z.enum(['counter', 'gauge', 'trend', 'rate', 'unknown']),
  unit: z.literal('ms').nullable().describe("null: the script's own"),
  count,
  sum: z.number(),
  min: z.number(),
  max: z.number(),
  rate: share,
  quantiles: z
    .object({ p50: z.number(), p90: z.number(), p95: z.number(), p99: z.number(), 'p99.9': z.number() })
    .nullable(),
});
