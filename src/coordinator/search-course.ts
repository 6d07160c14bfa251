import type { LevelFinding } from '../stats/peak/level.ts';
import type { Search } from '../stats/peak/search.ts';

/** One search: what it found so far, in order; `given-up`: no further level of it is run. */
export interface SearchCourse {
  readonly search: Search;
  readonly found: readonly LevelFinding[];
  readonly state: 'going' | 'given-up';
}

/** By index of the cell. */
export type Searches = ReadonlyMap<number, SearchCourse>;
