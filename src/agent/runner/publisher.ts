import type { ArrivalCursor } from '../../scenarios/phase.ts';
import { type Board, HELD } from './board.ts';
import type { TicketRing } from './ticket-ring.ts';

/**
 * Keeps the queue filled ahead of the workers from a walk over the trial's tickets, and knows in the end what nobody
 * took. Works only when there is room: a full ring costs one look.
 */
export class Publisher {
  readonly #source: ArrivalCursor;
  readonly #ring: TicketRing;
  readonly #board: Board;
  readonly #room: number;
  readonly #scratch = new Float64Array(8);
  #ticket = 0;
  #pending: boolean;
  #hasEnded = false;

  constructor(source: ArrivalCursor, ring: TicketRing, board: Board) {
    this.#source = source;
    this.#ring = ring;
    this.#board = board;
    this.#room = ring.room;
    this.#pending = source.next();
  }

  /** Publishes as many tickets as there is room for, and returns their share of the room. */
  fill(): number {
    const source = this.#source;
    let published = 0;
    while (this.#pending && this.#ring.publish(this.#ticket, source.phase, source.seq, source.atNs, source.sample)) {
      this.#ticket = (this.#ticket + 1) | 0;
      this.#pending = source.next();
      published++;
    }
    if (!this.#pending && !this.#hasEnded) {
      this.#hasEnded = true;
      this.#board.endAt(this.#ticket);
    } else if (published > 0) this.#board.feed();
    return published / this.#room;
  }

  /** Shows every ticket that nobody has read, in order, until `visit` returns false. Only when nobody reads any more. */
  leftovers(visit: (phase: number, seq: number, intendedNs: number) => boolean): void {
    if (this.#unread(visit) && this.#pending) this.#unpublished(visit);
  }

  #unread(visit: (phase: number, seq: number, intendedNs: number) => boolean): boolean {
    const left = this.#scratch;
    for (let back = this.#room; back > 0; back--) {
      if (!this.#ring.read((this.#ticket - back) | 0, left)) continue;
      const [seq, phase, intended] = [left[HELD.seq], left[HELD.phase], left[HELD.intended]];
      if (!visit(phase as number, seq as number, intended as number)) return false;
    }
    return true;
  }

  #unpublished(visit: (phase: number, seq: number, intendedNs: number) => boolean): void {
    const source = this.#source;
    while (this.#pending && visit(source.phase, source.seq, source.atNs)) this.#pending = source.next();
  }
}
