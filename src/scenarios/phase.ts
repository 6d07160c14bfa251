import type { Ns } from '../time/ns.ts';

export type NonEmpty<T> = readonly [T, ...T[]];

/** Requests per second. */
export type PerSecond = number;

/** A stretch in which the rate goes linearly from `from` to `to`. A constant rate has `from === to`. */
export interface Piece {
  readonly from: PerSecond;
  readonly to: PerSecond;
  readonly durationNs: Ns;
}

/** r(t) as consecutive linear pieces. */
export type RateProfile = NonEmpty<Piece>;

/** The law of intended starts on a rate profile. */
export type ArrivalLaw = 'uniform' | 'poisson';

/**
 * How load arrives in a phase.
 * - `open`: `count` intended starts on a profile, whatever the target does (count = round of the integral of r).
 * - `closed`: `inFlight` requests kept running over the whole fleet; the next is intended `thinkNs` after a completion.
 *   `infers`: inferences that make one request, one after the other; absent: one. `atLeast`: requests that the phase
 *   holds at least: each place goes on beyond the phase's duration until it has sent those whose index is below that.
 *   Such a phase is the last one.
 * - `atOnce`: `count` requests, all intended at the phase's start; the phase lasts until the last completion.
 * - `trace`: `count` intended starts from the file at the absolute `path`, whose bytes have the SHA-256 `sha256`
 *   (lowercase hexadecimal); its instants divided by `scale`. `target`: only the lines that name it; null: all.
 *   `highest`: most arrivals of one of its seconds.
 */
export type PhaseLoad =
  | { readonly kind: 'open'; readonly law: ArrivalLaw; readonly profile: RateProfile; readonly count: number }
  | {
      readonly kind: 'closed';
      readonly inFlight: number;
      readonly thinkNs: Ns;
      readonly infers?: number;
      readonly atLeast?: number;
    }
  | { readonly kind: 'atOnce'; readonly count: number }
  | {
      readonly kind: 'trace';
      readonly path: string;
      readonly sha256: string;
      readonly scale: number;
      readonly target: string | null;
      readonly count: number;
      readonly highest: PerSecond;
    };

/** Whether a phase may last longer than its duration says: until what it was to send is done. */
export const endsWhenDone = ({ load }: Phase): boolean =>
  load.kind === 'atOnce' || (load.kind === 'closed' && load.atLeast !== undefined);

/** Inferences that make one request of a trial: more than one where bundles are sent (multi-stream). */
export const infersPerRequest = (phases: readonly Phase[]): number =>
  Math.max(1, ...phases.map(({ load }) => (load.kind === 'closed' ? (load.infers ?? 1) : 1)));

/**
 * A stretch of a trial with one rate profile and one purpose. Instants count from the start of the first measure
 * phase; phases follow one another without a gap.
 *
 * A measure phase is cut by intended start into `slots` equal slots: 20·k, the smallest k that makes a slot at most
 * one second; an `atOnce` phase (durationNs 0) and a warm-up have one slot.
 */
export interface Phase {
  readonly name: string;
  readonly purpose: 'warmup' | 'measure';
  readonly startNs: Ns;
  readonly durationNs: Ns;
  readonly load: PhaseLoad;
  readonly slots: number;
}

/** The arrivals of one agent: `index` of `of`. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

/**
 * A walk over arrivals that allocates nothing per arrival: `next()` moves on and tells whether there is one, the
 * fields then describe it. `seq` counts over all phases of the trial, warm-up included, and is the same whatever the
 * number of agents.
 */
export interface ArrivalCursor {
  next(): boolean;
  /** Index into the trial's phases. */
  phase: number;
  seq: number;
  /** Intended start, a whole number of nanoseconds. */
  atNs: number;
  /** Index of the sample that the arrival names, else `SAMPLE_DRAWN`. */
  sample: number;
}
