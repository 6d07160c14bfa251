/**
 * The schema of `benchmarks.json`. It says in values what `verdict/result.ts` says in types; a test holds the two
 * equal. `schema/benchmarks.schema.json` is generated from it.
 */
import { z } from 'zod';
import { count, digest, instant, ms } from './leaf.ts';
import { betweenTrials, objective } from './objective.ts';
import { peak } from './peak.ts';
import { breakpoint, trial } from './trial.ts';
import { runVerdict, verdict } from './verdict.ts';

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
