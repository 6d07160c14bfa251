import type { Estimate } from '../../stats/estimate.ts';
import type { LevelShare, Stage } from '../../stats/peak/level.ts';
import type { Ending } from '../../stats/peak/search.ts';

/** What a search for the maximum rate found. */
export interface PeakResult {
  /** Requests per second of the whole fleet. */
  readonly rate: Estimate;
  /** The limit that binds there. */
  readonly binding: string | null;
  /** `found`: with an interval, and confirmed at its lower bound. `unfinished`: levels are missing. */
  readonly ending: Ending['kind'] | 'unfinished';
  /** Why there is no peak to rely on, a clause for people; null: there is. */
  readonly why: string | null;
  /** Rate of the highest level that held, a fact of the run. */
  readonly highestHeld: number | null;
  /** What every level was held against. */
  readonly limits: readonly { readonly limit: string; readonly allowed: number }[];
  /** In the order in which they ran, the last attempt of each. */
  readonly levels: readonly PeakLevel[];
  /** Of each limit, once the levels for them are there. */
  readonly curves: readonly PeakCurve[];
}

export interface PeakLevel {
  readonly trial: number;
  readonly attempt: number;
  readonly stage: Stage;
  /** Offered. */
  readonly rate: number;
  /** Of each limit; empty where the level told nothing. */
  readonly shares: readonly LevelShare[];
  /** As a fact of the level; null: it told nothing. */
  readonly held: boolean | null;
}

/** How the mean share over a limit rises with the rate: straight in log odds between `ends`. */
export interface PeakCurve {
  readonly limit: string;
  /** Where it reaches what is allowed, and its bounds; null: it does not rise, or has none. */
  readonly crossing: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly ends: readonly { readonly rate: number; readonly share: number }[];
}
