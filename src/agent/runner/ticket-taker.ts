import type { Board } from './board.ts';
import type { TicketRing } from './ticket-ring.ts';

type Queue = Pick<Board, 'takeNumber' | 'isPastEnd' | 'starving' | 'fed'>;
type Tickets = Pick<TicketRing, 'read' | 'isPublished'>;

/** One thread's end of the queue, for a thread that must not stand still when the queue is behind. Never allocates. */
export class TicketTaker {
  readonly #board: Queue;
  readonly #tickets: Tickets;
  /** Number that this thread has taken from the queue and not read. */
  #number = 0;
  #hasNumber = false;
  #isStarving = false;
  #isEmpty = false;

  constructor(board: Queue, tickets: Tickets) {
    this.#board = board;
    this.#tickets = tickets;
  }

  /** Nothing will come any more. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** The next ticket is still to be published. */
  get isStarving(): boolean {
    return this.#isStarving;
  }

  /** Lays the queue's next ticket into `into`; false where none is there, now or for good. */
  take(into: Float64Array): boolean {
    if (this.#isEmpty) return false;
    if (!this.#hasNumber) {
      this.#number = this.#board.takeNumber();
      this.#hasNumber = true;
    }
    if (this.#tickets.read(this.#number, into)) {
      this.#hasNumber = false;
      this.#starve(false);
      return true;
    }
    this.#isEmpty = this.#board.isPastEnd(this.#number) && !this.#tickets.isPublished(this.#number);
    this.#starve(!this.#isEmpty);
    return false;
  }

  #starve(isStarving: boolean): void {
    if (isStarving === this.#isStarving) return;
    this.#isStarving = isStarving;
    if (isStarving) this.#board.starving();
    else this.#board.fed();
  }
}
