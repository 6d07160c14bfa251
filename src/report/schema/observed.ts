/** The parts of `benchmarks.json` that are observed beside the load: `verdict/observed` in values. */
import { z } from 'zod';
import { NOT_MEASURABLE } from '../../gpu/energy.ts';
import { MISSING } from '../../gpu/reading.ts';
import { SOURCES } from '../../gpu/sample.ts';
import { count } from './leaf.ts';

const number = z.number().nullable();

const common = {
  unit: z.enum(['W', 'J', 'MHz', '°C', 'ratio', 'bytes', 'bytes/s', 's', 'count', 'code', 'mask']),
  source: z.enum(SOURCES).nullable(),
  count: count.describe('readings with a number'),
  everyMs: number.describe('median distance of readings: how often the source really tells it'),
  missing: z
    .partialRecord(z.enum(MISSING), count)
    .describe('readings without one, by why; one, not supported, of a metric that nothing on the node tells'),
};

const metric = z
  .union([
    z.object({
      ...common,
      kind: z.literal('gauge'),
      mean: number,
      p5: number,
      p50: number,
      p95: number,
      min: number,
      max: number,
    }),
    z.object({ ...common, kind: z.literal('counter'), growth: number.describe('how much it grew') }),
    z.object({
      ...common,
      kind: z.literal('bits'),
      held: z.record(z.string(), z.number()).nullable().describe('share of the readings in which each bit was set'),
    }),
  ])
  .meta({ id: 'gpuMetric' });

export const gpu = z
  .object({
    gpus: z.array(
      z.object({
        uuid: z.string(),
        index: count.nullable(),
        parent: z.string().nullable().describe('the GPU that a MIG instance is cut from'),
        name: z.string().nullable(),
        coverage: z
          .number()
          .describe(
            'share of the time that lies within 0.6 s of a reading, of the metric that matters and is covered least',
          ),
        metrics: z.record(z.string(), metric),
      }),
    ),
    sources: z.array(z.object({ name: z.enum(SOURCES), fault: z.string().nullable() })),
    refused: z.array(z.string()),
    gaps: z.array(z.object({ startMs: z.number(), endMs: z.number(), reason: z.string(), message: z.string() })),
    sampler: z
      .array(z.object({ cpu: z.number(), lateP99Ms: z.number(), lateMaxMs: z.number(), ticks: count }))
      .describe('what each sampler itself cost: share of one CPU, and how late it read'),
  })
  .meta({ id: 'gpu' });

const energyFigure = z
  .union([
    z.object({ joules: z.number(), error: z.number() }),
    z.object({ joules: z.null(), reason: z.enum(NOT_MEASURABLE) }),
  ])
  .meta({ id: 'energyFigure' });

const joules = z.object({ joules: z.number(), error: z.number() });

export const energy = z
  .object({
    total: energyFigure,
    gpus: z.array(
      z.object({
        uuid: z.string(),
        by: z.enum(['counter', 'integral']),
        energy: energyFigure,
        counter: energyFigure,
        integral: energyFigure,
        disagreement: number,
        idleWatts: number,
      }),
    ),
    idleWatts: number,
    inferences: count.describe('samples of requests that ended ok'),
    perInference: z.object({ gross: joules, net: joules.nullable() }).nullable(),
    packageJoules: number.describe('of all CPU packages (RAPL)'),
  })
  .meta({ id: 'energy' });

export const hostNode = z.object({
  agent: z.string(),
  coreP95: number.describe('95th percentile of the busiest processor of each second'),
  pressureCpu: number,
  pressureMemory: number,
  pressureIo: number,
  agentRssBytes: number,
  runnerRssBytes: number,
  loopDelayP99Ms: number,
  contextSwitches: number,
  receivedBytes: number,
  sentBytes: number,
});

export const slowStretch = z.object({
  startMs: z.number(),
  endMs: z.number(),
  p95Ms: z.number().describe('the largest P95 of its seconds'),
  usualMs: z.number().describe('the median of all seconds'),
  cause: z.enum(['noisy-neighbour', 'clock-drop', 'host-bound', 'memory-bound', 'tensor-bound', 'queueing', 'unknown']),
  rule: z.string().describe('the rule that named it, with its figures'),
});

export const scraped = z.object({
  url: z.string(),
  name: z.string().describe('with its labels'),
  count,
  everyMs: number,
  coverage: z.number().describe('share of the time that lies within 0.6 s of a reading'),
  first: z.number(),
  last: z.number(),
  min: z.number(),
  max: z.number(),
});

export const exporter = z.object({
  url: z.string(),
  answers: count,
  failures: count,
  fault: z.string().nullable().describe('why the last one failed that did'),
  clock: z
    .object({ leastMs: z.number(), mostMs: z.number() })
    .nullable()
    .describe('how far its clock is ahead of the node’s, between these; null: no answer told a date'),
});
