/** Once a trial is aborted, its cell has failed: further trials of it would load a target that is known to be ill. */
import type { StopCause, TrialRef } from './events.ts';

/** By index of the cell, its trial that was aborted. */
export type AbortedCells = ReadonlyMap<number, number>;

/** After the end of an attempt: one that is run once more, and to its end, takes its cell out again. */
export function abortedAfter(
  aborted: AbortedCells,
  { cell, trial }: TrialRef,
  stop: { readonly cause: StopCause } | null,
): AbortedCells {
  const after = new Map(aborted);
  if (stop?.cause === 'abort') after.set(cell, trial);
  else if (aborted.get(cell) === trial) after.delete(cell);
  return after;
}

/** A clause for people. */
export const whyAborted = (trial: number): string => `trial ${trial} of its cell was aborted by an objective`;
