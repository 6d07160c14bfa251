/** Once a trial is aborted, its cell has failed: further trials of it would load a target that is known to be ill. */

import type { Run } from './run-state.ts';
import type { TrialRef } from './trial-ref.ts';

/** By index of the cell, its trial that was aborted. */
export type AbortedCells = ReadonlyMap<number, number>;

export const withAborted = (aborted: AbortedCells, { cell, trial }: TrialRef): AbortedCells =>
  new Map(aborted).set(cell, trial);

/** Whether trials of the same cell are still to come after the present one. */
export const hasFurtherTrials = ({ fleet, next }: Run, { cell }: TrialRef): boolean =>
  fleet.trials.slice(next + 1).some((later) => later.cell === cell);

/** A clause for people. */
export const whyAborted = (trial: number): string => `trial ${trial} of its cell was aborted by an objective`;
