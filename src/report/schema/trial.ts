import { z } from 'zod';
import { k6Part, k6Trial } from './k6.ts';
import { count, digest, instant, ms, share } from './leaf.ts';
import { objective } from './objective.ts';
import { energy, exporter, gpu, hostNode, scraped, slowStretch } from './observed.ts';
import { accounting, latency, rates } from './request-figures.ts';
import { server } from './server.ts';
import { verdict } from './verdict.ts';

const phase = z.object({
  purpose: z.enum(['warmup', 'measure', 'cooldown']),
  name: z.string(),
  startMs: ms,
  endMs: ms,
  accounting,
  rates,
  latency,
  gpu: gpu.exactOptional().describe('absent: no GPU was looked at'),
  energy: energy.exactOptional(),
});

const steady = z
  .object({
    phase: z.string(),
    kind: z
      .enum(['steady', 'not-stationary'])
      .describe('steady: nothing tells otherwise, which is no proof on short runs'),
    slope: z
      .object({
        change: z.number().describe('0.1: 10 % more at its end than at its start, in parts of the mean'),
        low: z.number(),
        high: z.number(),
        confidence: z.number().gt(0).lt(1),
        p: z.number().describe('two-sided'),
      })
      .describe('of the mean response of ok requests, by its 20 blocks'),
    kpss: z.object({ statistic: z.number(), critical: z.number() }).describe('on the means of its slots'),
    settledAt: z
      .object({
        afterMs: ms,
        change: z.number().describe('its mean against that of what follows, less 1'),
        atBound: z.boolean().describe('as long as any beginning that was tried: it may be longer'),
      })
      .nullable()
      .describe('from 300 s on, the beginning that is unlike what follows; nothing of it is left out of any figure'),
  })
  .meta({ id: 'steady' })
  .describe('whether a constant-rate open phase of at least 60 s stayed as it was');

const warmupAdvice = z
  .object({
    lengthS: z.number().describe('length of the warm-up'),
    atLeastS: z.number().describe('what it should be'),
    from: z.enum(['warm-up', 'measure-phase']).describe('whose data ask for it'),
  })
  .nullable()
  .describe('a longer warm-up, where the data ask for one');

export const breakpoint = z
  .object({
    held: z.number().describe('highest rate that held before a level broke, per second; 0: the first one broke'),
    broke: z.object({ level: z.string(), why: z.string() }).nullable(),
  })
  .nullable()
  .meta({ id: 'breakpoint' })
  .describe('how far a breakpoint scenario came');

const look = z
  .object({
    number: z.int().min(1),
    of: z.int().min(1).describe('looks that a trial has, the last one at its end'),
    atMs: ms.describe('it was decided by the requests intended before this'),
    requests: count,
    errorShare: z.number().gt(0).max(1).describe('what it spent of the error of every objective'),
    stoppedMs: ms.nullable().describe('when it ended the trial; null: the trial ran to its end'),
  })
  .describe('which look decided a trial of a cell with `stop: early`');

const failure = z.object({
  class: z.string(),
  code: z.string(),
  message: z.string(),
  count,
  firstMs: ms,
  agent: z.string(),
});

const slow = z.object({
  seq: count,
  sample: count,
  intendedMs: ms,
  waitMs: ms.nullable().describe('null: not recorded, by k6'),
  lagMs: ms.nullable().describe('null: not recorded, by k6'),
  serviceMs: ms,
  agent: z.string(),
});

const networkWay = z.object({ p50Ms: ms, p99Ms: ms, bitsPerSecond: z.number() });

const agent = z.object({
  agent: z.string(),
  accounting,
  response: z.object({ p50: ms.nullable(), p99: ms.nullable() }),
  lag: z.object({ p99: ms.nullable() }),
  network: z
    .object({
      delayMs: ms,
      jitterMs: ms,
      bandwidth: z.number().nullable(),
      samples: count.describe('times that each direction was timed'),
      up: networkWay.describe('towards the endpoint'),
      down: networkWay,
      released: count.describe('stretches of bytes that it let out while the trial ran'),
      late: count.describe('of these, let out later than 1 ms or 5 % of the delay'),
    })
    .exactOptional()
    .describe('its network between clients and endpoint, as it was found before the load'),
});

export const trial = z.object({
  index: z.int().min(1),
  attempt: z.int().min(1),
  verdict,
  scheduleDigest: digest.nullable().describe('SHA-256 of what `loadcell plan --arrivals` prints'),
  startedAt: instant.nullable(),
  endedAt: instant.nullable(),
  accounting,
  rates,
  latency,
  k6: k6Trial.exactOptional(),
  server: server.exactOptional().describe('what the server says of itself; absent: it was not asked'),
  parts: z.array(k6Part).exactOptional().describe('of a k6 script: merged over the fleet, plain quantiles'),
  phases: z.array(phase),
  perAgent: z.array(agent),
  failures: z.array(failure).describe('the commonest first'),
  slowest: z.array(slow),
  objectives: z.array(objective),
  steady: z.array(steady).describe('the phases of which it is asked whether they stayed as they were'),
  warmupAdvice,
  breakpoint,
  look: look.exactOptional(),
  series: z.object({ path: z.string(), everyMs: z.literal(1000), columns: z.array(z.string()) }),
  start: z.object({ sessionMs: ms.nullable(), firstInferenceMs: ms.nullable(), spreadMs: ms.nullable() }),
  gpu: gpu.nullable().describe('null: no GPU was looked at'),
  host: z.object({
    cpu: share,
    steal: share,
    throttledUs: share,
    rssBytes: share,
    pacingCpu: share,
    runnerLoopDelayP99Ms: z
      .number()
      .exactOptional()
      .describe('event loop of the main thread of a runner: the largest 99th percentile of a second'),
    nodes: z.array(hostNode).exactOptional().describe('by the agent that observed it'),
  }),
  energy: energy.nullable().describe('null: no GPU tells of power or energy'),
  scraped: z.array(scraped).exactOptional().describe('what pages of metrics that the campaign names said'),
  exporters: z
    .array(exporter)
    .exactOptional()
    .describe('how the servers of these pages, and those of dcgm-exporter, answered'),
  slow: z.array(slowStretch).exactOptional().describe('seconds much slower than most, and what they are likely due to'),
});
