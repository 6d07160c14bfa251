/** What is in flight on the places of one thread, and until when each is waited for. Never allocates. */
export class InFlight {
  /** Instants of the trial, nanoseconds; infinity: nothing is in flight there. */
  readonly #deadlineNs: Float64Array;
  /** A double of its own in a typed array: a field would box it. */
  readonly #earliest = new Float64Array([Number.POSITIVE_INFINITY]);
  #count = 0;

  constructor(places: number) {
    this.#deadlineNs = new Float64Array(places).fill(Number.POSITIVE_INFINITY);
  }

  get count(): number {
    return this.#count;
  }

  /** Never later than the first deadline. */
  get earliestNs(): number {
    return this.#earliest[0] as number;
  }

  has(place: number): boolean {
    return this.#deadlineNs[place] !== Number.POSITIVE_INFINITY;
  }

  /** Whether `atNs` is past the deadline there. */
  isLate(place: number, atNs: number): boolean {
    return atNs >= (this.#deadlineNs[place] as number);
  }

  add(place: number, deadlineNs: number): void {
    this.#deadlineNs[place] = deadlineNs;
    if (deadlineNs < this.earliestNs) this.#earliest[0] = deadlineNs;
    this.#count++;
  }

  remove(place: number): void {
    this.#deadlineNs[place] = Number.POSITIVE_INFINITY;
    this.#count--;
  }

  /** Calls `giveUp` for every place past its deadline, which removes it. */
  expire(nowNs: number, giveUp: (place: number) => void): void {
    if (nowNs < this.earliestNs) return;
    let earliest = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#deadlineNs.length; place++) {
      const deadline = this.#deadlineNs[place] as number;
      if (deadline <= nowNs) giveUp(place);
      else if (deadline < earliest) earliest = deadline;
    }
    this.#earliest[0] = earliest;
  }
}
