import type { InferenceEnergy, NotMeasurable } from '../../gpu/energy.ts';
import type { Metric } from '../../gpu/metric.ts';
import type { MissingReason } from '../../gpu/reading.ts';
import type { DeviceId, SourceName } from '../../gpu/sample.ts';

/** A metric of one GPU over a stretch of time, in its unit. Null: no reading says so. */
export type GpuMetricResult = {
  readonly unit: Metric['unit'];
  readonly source: SourceName | null;
  /** Readings with a number. */
  readonly count: number;
  /** Median distance of readings with a number, ms: how often the source really tells it. Null: fewer than two. */
  readonly everyMs: number | null;
  /** Readings without one, by why; one, not supported, of a metric that nothing on the node tells. */
  readonly missing: Readonly<Partial<Record<MissingReason, number>>>;
} & (
  | {
      readonly kind: 'gauge';
      readonly mean: number | null;
      readonly p5: number | null;
      readonly p50: number | null;
      readonly p95: number | null;
      readonly min: number | null;
      readonly max: number | null;
    }
  /** How much it grew. */
  | { readonly kind: 'counter'; readonly growth: number | null }
  /** Share of the readings in which each bit was set; bits that never were are absent. */
  | { readonly kind: 'bits'; readonly held: Readonly<Record<string, number>> | null }
);

/** What is said of the GPUs of a trial, or of a phase of it. */
export interface GpuResult {
  readonly gpus: readonly (DeviceId & {
    /** Share of the time that is covered by readings of what matters and is covered least. */
    readonly coverage: number;
    readonly metrics: Readonly<Record<string, GpuMetricResult>>;
  })[];
  readonly sources: readonly { readonly name: SourceName; readonly fault: string | null }[];
  readonly refused: readonly string[];
  readonly gaps: readonly {
    readonly startMs: number;
    readonly endMs: number;
    readonly reason: string;
    readonly message: string;
  }[];
  /** What each node's sampler cost: share of one CPU, and how late it read. */
  readonly sampler: readonly {
    readonly cpu: number;
    readonly lateP99Ms: number;
    readonly lateMaxMs: number;
    readonly ticks: number;
  }[];
}

/** A value of a page of metrics that the campaign names. */
export interface ScrapedResult {
  readonly url: string;
  /** With its labels. */
  readonly name: string;
  readonly count: number;
  readonly everyMs: number | null;
  /** Share of the time that lies within 0.6 s of a reading. */
  readonly coverage: number;
  readonly first: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
}

/** Joules with what they may be off to either side, or why there are none. */
export type EnergyFigure =
  | { readonly joules: number; readonly error: number }
  | { readonly joules: null; readonly reason: NotMeasurable };

export interface EnergyResult {
  readonly total: EnergyFigure;
  readonly gpus: readonly {
    readonly uuid: string;
    readonly by: 'counter' | 'integral';
    readonly energy: EnergyFigure;
    readonly counter: EnergyFigure;
    readonly integral: EnergyFigure;
    /** Difference of the two over the counter's; null: one of them is not measurable. */
    readonly disagreement: number | null;
    readonly idleWatts: number | null;
  }[];
  readonly idleWatts: number | null;
  /** Inferences are samples of requests that ended ok: requests x batch. */
  readonly inferences: number;
  readonly perInference: InferenceEnergy | null;
  readonly packageJoules: number | null;
}
