import type { ObjectiveResult } from './objective-result.ts';
import type { Decision } from './share-rule.ts';

/** One objective judged over a trial, or over the valid trials of a cell. */
export interface JudgedObjective {
  readonly result: ObjectiveResult;
  readonly decision: Decision;
  /** The decision on response - lag: where it differs, the generator decided. */
  readonly lessLag: Decision;
  readonly byBounds: boolean;
  /** False: shown, but another objective alone decides (breakpoint). */
  readonly decides: boolean;
}
