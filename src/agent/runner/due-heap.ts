/** Places by the instant at which each has something due, earliest first. Holds each place at most once; never allocates. */
export class DueHeap {
  readonly #atNs: Float64Array;
  readonly #place: Int32Array;
  #size = 0;

  constructor(places: number) {
    this.#atNs = new Float64Array(places);
    this.#place = new Int32Array(places);
  }

  get size(): number {
    return this.#size;
  }

  /** The earliest instant; infinity when nothing is due. */
  get earliestNs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#atNs[0] as number);
  }

  push(place: number, atNs: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((this.#atNs[parent] as number) <= atNs) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#atNs[at] = atNs;
    this.#place[at] = place;
  }

  /** Takes the place with the earliest instant. Only when there is one. */
  pop(): number {
    const first = this.#place[0] as number;
    const atNs = this.#atNs[--this.#size] as number;
    const place = this.#place[this.#size] as number;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && (this.#atNs[child + 1] as number) < (this.#atNs[child] as number)) child++;
      if ((this.#atNs[child] as number) >= atNs) break;
      this.#move(child, at);
      at = child;
    }
    this.#atNs[at] = atNs;
    this.#place[at] = place;
    return first;
  }

  #move(from: number, to: number): void {
    this.#atNs[to] = this.#atNs[from] as number;
    this.#place[to] = this.#place[from] as number;
  }
}
