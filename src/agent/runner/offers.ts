import type { ArrivalCursor } from '../../scenarios/phase.ts';
import type { Fold } from './fold.ts';

/**
 * Counts what is offered, from a walk of its own over the share: a full queue or a slow worker does not reach it, so
 * that scheduled = sum of outcomes is a check and no identity.
 */
export class Offers {
  /** Arrivals offered so far, per phase. */
  readonly counts: Float64Array;
  readonly #arrivals: ArrivalCursor;
  #pending: boolean;

  constructor(arrivals: ArrivalCursor, phases: number) {
    this.counts = new Float64Array(phases);
    this.#arrivals = arrivals;
    this.#pending = arrivals.next();
  }

  /** Offers arrivals intended before `untilNs`, at most `most` of them; false while there are more. */
  until(untilNs: number, most: number, fold: Fold): boolean {
    const arrivals = this.#arrivals;
    for (let left = most; this.#pending && arrivals.atNs < untilNs; left--) {
      if (left === 0) return false;
      fold.offer(arrivals.phase, arrivals.atNs);
      this.counts[arrivals.phase] = (this.counts[arrivals.phase] as number) + 1;
      this.#pending = arrivals.next();
    }
    return true;
  }
}
