import type { ArrivalLaw, PerSecond } from '../scenarios/phase.ts';
import type { Level } from '../stats/peak/level.ts';
import type { Ns } from '../time/ns.ts';
import type { Preset } from './scenario-schema.ts';

/**
 * What the plan leaves open of a cell's load until the run has found it out.
 * - `search`: a peak scenario. Every trial is one level of the search, its rate chosen from what earlier ones showed; the
 *   cell's trials are as many as may come at most.
 * - `of-peak`: rates that are shares of the peak of the cell with the index `peak`, the same in every trial.
 */
export type OpenLoad = SearchLoad | OfPeakLoad;

export interface SearchLoad {
  readonly kind: 'search';
  readonly from: PerSecond;
  readonly until: PerSecond;
  readonly everyNs: Ns;
  readonly law: ArrivalLaw;
  /** 0: none. */
  readonly warmupNs: Ns;
}

export interface OfPeakLoad {
  readonly kind: 'of-peak';
  readonly peak: number;
  readonly preset: Preset;
  readonly law: ArrivalLaw;
  readonly warmupNs: Ns;
}

/** What an open load came to in a run: the level of one trial, or the peak that a cell's rates are shares of. */
export type Settled =
  | { readonly kind: 'level'; readonly level: Level }
  | { readonly kind: 'peak'; readonly rate: PerSecond };
