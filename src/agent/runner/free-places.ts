/** The places of one thread that hold no request, the one that is free for longest first. Never allocates. */
export class FreePlaces {
  readonly #ring: Int32Array;
  #first = 0;
  #count: number;

  /** All of `places` are free. */
  constructor(places: number) {
    this.#ring = Int32Array.from({ length: places }, (_, place) => place);
    this.#count = places;
  }

  get count(): number {
    return this.#count;
  }

  /** The place that is free for longest. Only when there is one. */
  get next(): number {
    return this.#ring[this.#first] as number;
  }

  /** Takes the place that is free for longest. Only when there is one. */
  take(): number {
    const place = this.next;
    this.#first = (this.#first + 1) % this.#ring.length;
    this.#count--;
    return place;
  }

  /** A place has become free. */
  add(place: number): void {
    this.#ring[(this.#first + this.#count) % this.#ring.length] = place;
    this.#count++;
  }

  /** Puts back what was taken last: it has been free all along. */
  putBack(place: number): void {
    this.#first = (this.#first + this.#ring.length - 1) % this.#ring.length;
    this.#ring[this.#first] = place;
    this.#count++;
  }
}
