import type { Tally } from '../../stats/tally.ts';
import type { FailureKind } from './failure-kinds.ts';
import type { PhaseEvents } from './open-second.ts';
import type { OverdueCounts } from './overdue.ts';
import type { SlowRequest } from './slowest.ts';

/** One interval of a trial, which never changes again. Owned by the fold until `Fold.recycle`. */
export interface SealedInterval {
  /** Counts from 0 without a gap. */
  readonly seq: number;
  /** [start, end). */
  readonly startNs: number;
  readonly endNs: number;
  readonly slots: readonly { readonly phase: number; readonly slot: number; readonly tally: Tally }[];
  readonly phases: readonly PhaseEvents[];
  readonly failures: readonly (FailureKind & {
    readonly phase: number;
    readonly count: number;
    readonly firstNs: number;
  })[];
  /** The ten slowest started requests of measure phases, slowest first. */
  readonly slowest: readonly SlowRequest[];
  /** Intended and not settled at the end of the interval. */
  readonly inFlight: number;
  /** By the ages of the specification. */
  readonly overdue: OverdueCounts;
  /** Integral of that number over the interval, request-seconds. */
  readonly inFlightS: number;
  /** Sum of the response times of the requests settled, seconds. */
  readonly settledS: number;
  /** Set in the last interval of the trial. */
  readonly closing: Closing | null;
}

/** What is known only when the trial is closed. */
export interface Closing {
  /** Null: the trial ran to its end. */
  readonly stoppedNs: number | null;
  /** Per phase. */
  readonly cancelled: readonly number[];
  readonly notStartedThoughFree: readonly number[];
  /** When the last request settled; null: there was none. */
  readonly lastSettledNs: number | null;
  /** How long after its intended start the first request was started; null: none was. */
  readonly beganLateNs: number | null;
}
