/**
 * The schema of `benchmarks.json`. It says in values what `verdict/result.ts` says in types; a test holds the two
 * equal. `schema/benchmarks.schema.json` is generated from it.
 */
import { z } from 'zod';
import type { ReasonCode } from '../verdict/verdict.ts';
import {
  energySchema,
  exporterSchema,
  gpuSchema,
  hostNodeSchema,
  scrapedSchema,
  slowSchema,
} from './observed-schema.ts';
import { serverSchema } from './server-schema.ts';

const count = z.int().nonnegative();
const ms = z.number();
const share = z.number().nullable();
const instant = z.iso.datetime().describe('ISO 8601 UTC');
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
/** Keys are checked against the closed list of codes: a code that is missing here does not compile. */
const reasonCodes = Object.keys({
  'objective-missed': true,
  'gross-breach': true,
  aborted: true,
  'needs-more-requests': true,
  interrupted: true,
  'host-noise': true,
  'not-stationary': true,
  'not-run': true,
  deadline: true,
  'target-setup': true,
  'limit-not-counted': true,
  'look-contradicted': true,
  'peak-not-found': true,
  'peak-not-confirmed': true,
  'not-observed': true,
  'generator-decides': true,
  'not-started': true,
  'too-few-vus': true,
  'harness-cpu': true,
  'interval-lost': true,
  'accounting-broken': true,
  'bookkeeping-broken': true,
  'clock-stepped': true,
  'clock-unsynchronised': true,
  'start-spread': true,
  'target-changed': true,
  'runner-died': true,
  'agent-lost': true,
  'own-fault': true,
  'too-few-valid-trials': true,
  'gpu-lost': true,
  'gpu-xid': true,
  'gpu-ecc': true,
  'gpu-throttled': true,
  'gpu-count': true,
  'gpu-counter-backwards': true,
  'gpu-foreign': true,
  'network-off': true,
  'lag-high': true,
  overloaded: true,
  'near-ceiling': true,
  'calibration-failed': true,
  'cpu-steal': true,
  'cpu-throttled': true,
  'provider-fallback': true,
  'nodes-on-cpu': true,
  'answers-from-cache': true,
  'invalid-trial-among-valid': true,
  'run-to-run-not-covered': true,
  'levels-short': true,
  'coarse-seconds': true,
  'blind-to': true,
  'settled-at': true,
  'exception-unplaced': true,
  'samples-as-csv': true,
  'threshold-not-judged': true,
  'driver-floor': true,
  'threshold-crossed': true,
  'marked-failed': true,
  retried: true,
  'resumed-elsewhere': true,
  'server-other-clients': true,
  'server-counted-fewer': true,
  'server-cache': true,
  'gpu-power-cap': true,
  'gpu-clock-drop': true,
  'gpu-warming': true,
  'gpu-coverage': true,
  'gpu-energy-disagrees': true,
  'gpu-neighbour': true,
  'exporter-silent': true,
  'exporter-clock': true,
  'network-uneven': true,
} satisfies Record<ReasonCode, true>) as ReasonCode[];

const reason = z
  .object({
    code: z.enum(reasonCodes),
    where: z.string().describe('the cell, trial, phase or objective that it is about'),
    message: z.string().describe('one sentence'),
    hint: z.string().describe('what would be right'),
  })
  .meta({ id: 'reason' });

const verdictKind = z.enum(['pass', 'fail', 'inconclusive', 'invalid']);
const passed = { kind: z.literal('pass'), reasons: z.tuple([]), cautions: z.array(reason) };
const notPassed = {
  kind: z.enum(['fail', 'inconclusive', 'invalid']),
  reasons: z.tuple([reason], reason),
  cautions: z.array(reason),
};
const verdict = z.union([z.object(passed), z.object(notPassed)]).meta({ id: 'verdict' });
const exitCode = { exitCode: z.int().describe('the exit code that the verdict leads to without --strict') };
const runVerdict = z.union([z.object({ ...passed, ...exitCode }), z.object({ ...notPassed, ...exitCode })]);

const estimate = z
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

const accounting = z
  .object({
    scheduled: count.describe('= ok + failed by class + shed + unfinished, exactly'),
    ok: count,
    failed: z.object({ timeout: count, rejected: count, 'target-error': count, 'wrong-output': count }),
    shed: count,
    unfinished: count,
    cancelled: count.describe('intended after the stop; outside every ratio'),
  })
  .meta({ id: 'accounting' });

const rates = z
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

const latency = z
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

const phase = z.object({
  purpose: z.enum(['warmup', 'measure', 'cooldown']),
  name: z.string(),
  startMs: ms,
  endMs: ms,
  accounting,
  rates,
  latency,
  gpu: gpuSchema.exactOptional().describe('absent: no GPU was looked at'),
  energy: energySchema.exactOptional(),
});

const betweenTrials = z
  .object({
    value: z.number(),
    low: z.number(),
    high: z.number(),
    confidence: z.number().gt(0).lt(1),
    method: z.literal('t-of-logs'),
    trials: z.int().min(5),
  })
  .meta({ id: 'betweenTrials' });

const objective = z
  .object({
    objective: z.string(),
    indicator: z.string(),
    limit: z.number(),
    unit: z.enum(['ms', '/s', 'ratio', 's', 'count', 'W', 'J', '°C', 'MHz', 'bytes']),
    observed: estimate,
    over: z.object({ count, of: count }).nullable(),
    betweenTrials: betweenTrials
      .exactOptional()
      .describe('of a cell with five valid trials or more: where its percentile lies from trial to trial'),
    verdict: verdictKind,
    needs: z.object({ requests: z.number(), seconds: z.number() }).nullable().describe('what a verdict would take'),
    phase: z.string().nullable().describe('the level that decides; null: all measure phases together'),
    window: z
      .object({
        kind: z.enum(['share', 'hang']).describe('hang: nothing was answered in its last two seconds'),
        startMs: ms,
        endMs: ms,
        over: count,
        of: count,
        low: z.number().nullable().describe('lower bound on the share over the limit'),
        confidence: z.number().nullable(),
      })
      .nullable()
      .describe('of an objective over a window, the first that breached'),
    blindToRarerThanS: z.number().nullable().describe('events rarer than one in so many seconds cannot be seen'),
    reason: reason.nullable(),
  })
  .meta({ id: 'objective' });

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

const breakpoint = z
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
const peak = z
  .object({
    rate: estimate.describe('the maximum rate, requests per second of the whole fleet'),
    binding: z.string().nullable().describe('the objective that binds there'),
    ending: z
      .enum([
        'found',
        'not-confirmed',
        'unbounded',
        'below-from',
        'above-until',
        'no-crossing',
        'useless-level',
        'unfinished',
      ])
      .describe('found: with an interval, and confirmed at its lower bound'),
    why: z.string().nullable().describe('a clause: why there is no peak to rely on'),
    highestHeld: z.number().nullable().describe('rate of the highest level that held, a fact'),
    limits: z
      .array(z.object({ limit: z.string(), allowed: z.number().describe('share of the requests that may be over') }))
      .describe('what every level was held against'),
    levels: z
      .array(
        z.object({
          trial: z.int().min(1),
          attempt: z.int().min(1),
          stage: z.enum(['bracket', 'narrow', 'fit', 'confirm']),
          rate: z.number().describe('requests per second offered'),
          shares: z.array(z.object({ over: count, of: count })).describe('of each of `limits`'),
          held: z.boolean().nullable().describe('as a fact of the level; null: it told nothing'),
        }),
      )
      .describe('in the order in which they ran'),
    curves: z
      .array(
        z.object({
          limit: z.string(),
          crossing: z.number().nullable().describe('where the line reaches what is allowed; null: it does not rise'),
          low: z.number().nullable(),
          high: z.number().nullable(),
          ends: z
            .array(z.object({ rate: z.number(), share: z.number() }))
            .describe('mean share over the limit, straight in log odds between them'),
        }),
      )
      .describe('lines through the levels of the stage fit, one per limit'),
  })
  .nullable()
  .meta({ id: 'peak' })
  .describe('what a peak scenario found');

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

const k6Trial = z
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

const k6Part = z.object({
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

const trial = z.object({
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
  server: serverSchema.exactOptional().describe('what the server says of itself; absent: it was not asked'),
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
  gpu: gpuSchema.nullable().describe('null: no GPU was looked at'),
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
    nodes: z.array(hostNodeSchema).exactOptional().describe('by the agent that observed it'),
  }),
  energy: energySchema.nullable().describe('null: no GPU tells of power or energy'),
  scraped: z.array(scrapedSchema).exactOptional().describe('what pages of metrics that the campaign names said'),
  exporters: z
    .array(exporterSchema)
    .exactOptional()
    .describe('how the servers of these pages, and those of dcgm-exporter, answered'),
  slow: z.array(slowSchema).exactOptional().describe('seconds much slower than most, and what they are likely due to'),
});

const networkLabel = z.object({
  label: z.string(),
  delayMs: ms.describe('each way'),
  jitterMs: ms,
  bandwidth: z.number().nullable().describe('bits per second each way; null: no bound'),
});

const cell = z.object({
  id: z.string(),
  target: z.string(),
  scenario: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  instance: z.string().exactOptional().describe('key of fleet.instances; absent: nothing was asked'),
  measuredOn: z
    .object({
      name: z.string(),
      pricePerHour: z.number().nullable().describe('in whatever money the campaign counts'),
    })
    .exactOptional()
    .describe('what the endpoint is said to run on; absent: the campaign does not say'),
  judged: z.boolean().describe("false: outside the run's verdict"),
  network: networkLabel.exactOptional().describe('present where a proxy put a network between clients and endpoint'),
  verdict,
  objectives: z.array(objective).describe('over all valid trials'),
  betweenTrials: z
    .object({
      unit: z.literal('ms'),
      response: z.object({
        p50: betweenTrials.nullable(),
        p90: betweenTrials.nullable(),
        p95: betweenTrials.nullable(),
        p99: betweenTrials.nullable(),
        'p99.9': betweenTrials.nullable(),
      }),
    })
    .nullable()
    .describe('of five valid trials or more: where percentiles of the response lie from trial to trial'),
  breakpoint,
  peak,
  trials: z.array(trial).describe('every attempt of every trial that was begun'),
  notRun: z
    .array(
      z.object({
        trial: z.int().min(1),
        why: z.string(),
        cause: z.enum(['interrupt', 'deadline', 'no-place', 'aborted', 'failed', 'no-peak']),
      }),
    )
    .describe('trials of which no attempt was run'),
});

const source = z.object({
  commit: z.string().nullable(),
  dirty: z.boolean().nullable(),
  ci: z.string().nullable(),
});

const run = z.object({
  id: z.string(),
  campaign: z.string(),
  environment: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  startedAt: instant,
  endedAt: instant,
  state: z.enum(['complete', 'interrupted', 'aborted']),
  resumed: z
    .array(
      z.object({
        stoppedAt: instant.describe('the last word before'),
        at: instant,
        source,
        sameNodes: z.boolean().describe('every node that served from then on had served before, and is comparable'),
      }),
    )
    .describe('when it was taken up again after it had ended early'),
  seed: z.string().regex(/^\d+$/),
  campaignDigest: digest,
  planDigest: digest,
  loadcell: z.string().describe('version of the program that ran'),
  source,
});

const facts = z.record(z.string(), z.unknown());

const nodes = z
  .record(
    z.string(),
    z.object({
      count: count.describe('nodes of the optimised graph, each once'),
      ms: ms.describe("milliseconds of the executor's threads, in the fastest of up to three requests"),
      operators: z.record(z.string(), count).describe('nodes by operator'),
    }),
  )
  .describe('what each execution provider ran of one profiled request');

const target = z.looseObject({
  kind: z.string(),
  session: z
    .object({
      provider: z.string().describe('the execution provider in use'),
      options: z.record(z.string(), z.union([z.string(), z.number()])),
      nodes: nodes.exactOptional(),
    })
    .exactOptional(),
  secrets: z
    .record(z.string(), z.string().regex(/^hmac-sha256:[0-9a-f]{8}:[0-9a-f]{32}$/))
    .exactOptional()
    .describe('by where a secret stands in the campaign: the key that it was digested under, and the digest'),
});

const fleet = z
  .object({
    engine: z.enum(['local', 'slurm', 'kubernetes']),
    instances: z.record(
      z.string(),
      z.object({
        gpu: z.string().nullable(),
        gpusPerAgent: count,
        cpus: count.nullable(),
        memoryBytes: count.nullable(),
        pricePerHour: z.number().nullable().describe('in whatever money the campaign counts'),
      }),
    ),
  })
  .describe('what placed the agents, and what one agent was asked to run on');

export const benchmarksSchema = z
  .object({
    kind: z.literal('loadcell/benchmarks'),
    schemaVersion: z.literal(1),
    run,
    rejudged: z
      .object({
        file: z.string().describe('name of the file of objectives'),
        digest: digest.describe('of its bytes'),
        cells: z.array(z.string()).describe('cells that are judged by it; the others by their own objectives'),
      })
      .exactOptional()
      .describe("present where the objectives are not the run's own"),
    verdict: runVerdict,
    instrument: z.object({
      calibration: z.array(facts).describe('as in calibration.json'),
      clocks: z.array(z.object({ agent: z.string(), offsetMs: ms, boundMs: ms, driftPpm: z.number() })),
    }),
    nodes: z.array(z.object({ id: z.string(), agents: z.array(z.string()), fingerprint: facts })),
    fleet: fleet.exactOptional().describe('absent: the local engine, of which nothing was asked'),
    targets: z.record(z.string(), target),
    cells: z.array(cell),
    evidence: z.array(z.object({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: count })),
  })
  .meta({ title: 'loadcell benchmarks.json', description: 'The result of one run, computed from its evidence.' });
