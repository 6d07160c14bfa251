import { SAMPLE_DRAWN } from '../../scenarios/arrivals.ts';
import type { ArrivalCursor, Phase, Share } from '../../scenarios/phase.ts';
import { shareOf } from '../../scenarios/share.ts';

/**
 * What goes through the queue, in order: the arrivals of a share, and for each closed phase one ticket per place, which
 * its taker keeps busy until the phase is over. `seq` of a place's ticket is that of its first request.
 */
export class TicketSource implements ArrivalCursor {
  phase = 0;
  seq = -1;
  atNs = 0;
  sample = SAMPLE_DRAWN;
  readonly #phases: readonly Phase[];
  readonly #share: Share;
  readonly #places: number;
  readonly #arrivals: ArrivalCursor;
  /** The arrival that the cursor stands on has not been handed out yet. */
  #pending = false;
  #closedPhase = 0;
  #place = 0;

  constructor(phases: readonly Phase[], share: Share, places: number, arrivals: ArrivalCursor) {
    this.#phases = phases;
    this.#share = share;
    this.#places = places;
    this.#arrivals = arrivals;
    this.#pending = arrivals.next();
  }

  next(): boolean {
    const before = this.#pending ? this.#arrivals.phase : this.#phases.length;
    if (this.#closedPhase < before && this.#nextPlace(before)) return true;
    if (!this.#pending) return false;
    this.phase = this.#arrivals.phase;
    this.seq = this.#arrivals.seq;
    this.atNs = this.#arrivals.atNs;
    this.sample = this.#arrivals.sample;
    this.#pending = this.#arrivals.next();
    return true;
  }

  /** Moves on to the next place of a closed phase that comes before phase `before`; false when there is none. */
  #nextPlace(before: number): boolean {
    for (; this.#closedPhase < before; this.#closedPhase++, this.#place = 0) {
      const phase = this.#phases[this.#closedPhase] as Phase;
      if (phase.load.kind !== 'closed') continue;
      if (this.#place >= placesOf(phase, this.#share, this.#places)) continue;
      this.phase = this.#closedPhase;
      this.seq = this.#share.index + this.#place * this.#share.of;
      this.atNs = phase.startNs;
      this.sample = SAMPLE_DRAWN;
      this.#place++;
      return true;
    }
    return false;
  }
}

/** Places of a closed phase that one agent keeps busy, out of all that it has. */
export const placesOf = (phase: Phase, share: Share, places: number): number =>
  phase.load.kind === 'closed' ? Math.min(places, shareOf(phase.load.inFlight, share)) : 0;
