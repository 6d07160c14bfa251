import type { Ns } from '../time/ns.ts';
import type { ArrivalLaw, NonEmpty, PerSecond } from './phase.ts';
import type { TraceLoad } from './trace-arrivals.ts';

/**
 * A scenario with every option resolved: durations in whole nanoseconds above zero, rates in requests per second over
 * the whole fleet, counts of requests. The geometry of each is FORMATS' "Scenarios, exactly"; `phasesOf` draws it.
 */
export type ScenarioSpec =
  /** `level`: one of a search for the maximum rate. */
  | {
      readonly kind: 'load' | 'soak' | 'level';
      readonly law: ArrivalLaw;
      readonly rate: PerSecond;
      readonly durationNs: Ns;
    }
  | {
      readonly kind: 'ramp';
      readonly law: ArrivalLaw;
      readonly from: PerSecond;
      readonly to: PerSecond;
      readonly durationNs: Ns;
    }
  | StressSpec
  | SpikeSpec
  | BreakpointSpec
  /** `atLeast` here and below: requests; null: the duration alone decides. */
  | {
      readonly kind: 'closed';
      readonly inFlight: number;
      readonly thinkNs: Ns;
      readonly durationNs: Ns;
      readonly atLeast: number | null;
    }
  | { readonly kind: 'singleStream'; readonly durationNs: Ns; readonly atLeast: number | null }
  /** A request is a bundle of samples; `infers` = samples / batch of them, one after the other, are one bundle. */
  | {
      readonly kind: 'multiStream';
      readonly infers: number;
      readonly durationNs: Ns;
      readonly atLeast: number | null;
    }
  /** `requests` = samples / batch, rounded up. */
  | { readonly kind: 'offline'; readonly requests: number }
  | { readonly kind: 'trace'; readonly load: TraceLoad; readonly durationNs: Ns }
  | { readonly kind: 'phases'; readonly law: ArrivalLaw; readonly phases: NonEmpty<FreePhase> };

/** Equal levels, the first at `from`, the last at `to`; a single level is at `from`. */
export interface StressSpec {
  readonly kind: 'stress';
  readonly law: ArrivalLaw;
  readonly from: PerSecond;
  readonly to: PerSecond;
  readonly steps: number;
  /** Of all levels together. */
  readonly durationNs: Ns;
}

/** rise + hold + fall below `durationNs`. */
export interface SpikeSpec {
  readonly kind: 'spike';
  readonly law: ArrivalLaw;
  readonly base: PerSecond;
  readonly peak: PerSecond;
  readonly riseNs: Ns;
  readonly holdNs: Ns;
  readonly fallNs: Ns;
  readonly durationNs: Ns;
}

/** Levels from, from + by, from + 2 by, ... and `until`, each `everyNs` long. */
export interface BreakpointSpec {
  readonly kind: 'breakpoint';
  readonly law: ArrivalLaw;
  readonly from: PerSecond;
  readonly by: PerSecond;
  readonly until: PerSecond;
  readonly everyNs: Ns;
}

/** What the presets cannot say: one phase, constant where from = to. */
export interface FreePhase {
  /** Null: `phase 1`, `phase 2`, ... by place. Names of one scenario differ, and none is {@link WARMUP}. */
  readonly name: string | null;
  readonly from: PerSecond;
  readonly to: PerSecond;
  readonly durationNs: Ns;
}

/** The warm-up phase's name. */
export const WARMUP = 'warmup';

/**
 * What a verdict looks at: all measure phases together, each level apart, the levels up to the one that breaks, or the
 * rate that a search finds, each of whose trials is a level.
 */
export type JudgedBy = 'together' | 'level' | 'breakpoint' | 'peak';

export function judgedBy(spec: ScenarioSpec): JudgedBy {
  if (spec.kind === 'stress') return 'level';
  if (spec.kind === 'level') return 'peak';
  return spec.kind === 'breakpoint' ? 'breakpoint' : 'together';
}
