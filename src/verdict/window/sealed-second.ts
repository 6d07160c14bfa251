import type { Cell } from '../../campaign/plan.ts';
import { endsWhenDone } from '../../scenarios/phase.ts';
import type { Tally } from '../../stats/tally.ts';
import type { Ns } from '../../time/ns.ts';

/**
 * One second of a trial as the whole fleet sealed it, which never changes again: what sliding windows are judged on, live
 * and from the journal alike.
 */
export interface SealedSecond {
  /** [start, end) on the trial's time line. */
  readonly startNs: Ns;
  readonly endNs: Ns;
  /** What settled in this second of each measure phase that it touches, whenever it was intended. */
  readonly phases: readonly { readonly phase: number; readonly tally: Tally }[];
  /** The same by the slot in which it was intended; empty where no look asks for it. */
  readonly slots: readonly { readonly phase: number; readonly slot: number; readonly tally: Tally }[];
  /** Requests of any phase that the target answered in this second, well or badly. */
  readonly answered: number;
  /** By {@link overdueLimits}: requests of measure phases that were older than the limit and not settled at its end. */
  readonly overdue: readonly number[];
  /** The same, without those that waited although a place was free. */
  readonly overdueLessLag: readonly number[];
}

/** Windows end at the seconds that a measure phase touches: what settles in the drain alone is the slowest of it. */
export function isOfMeasure({ phases }: Pick<Cell, 'phases'>, { startNs, endNs }: SealedSecond): boolean {
  return phases.some(
    (phase) =>
      phase.purpose === 'measure' &&
      phase.startNs < endNs &&
      (endsWhenDone(phase) || phase.startNs + phase.durationNs > startNs),
  );
}

/** A second that a stop cut counts when more than half of it lay before. */
export const middleOf = ({ startNs, endNs }: SealedSecond): number => (startNs + endNs) / 2;
