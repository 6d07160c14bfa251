/** A cumulative histogram with fixed upper bounds. Counting allocates nothing. */
export class LatencyCounts {
  /** Upper bounds, ascending; what lies above the last counts only in the total. */
  readonly bounds: Float64Array;
  readonly #counts: Float64Array;
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = Float64Array.from([...new Set(bounds)].sort((a, b) => a - b));
    this.#counts = new Float64Array(this.bounds.length);
  }

  /** A value that equals a bound lies in its bucket. */
  count(value: number): void {
    this.#count++;
    this.#sum += value;
    const { bounds } = this;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    if (low < bounds.length) this.#counts[low] = (this.#counts[low] as number) + 1;
  }

  get total(): { readonly count: number; readonly sum: number } {
    return { count: this.#count, sum: this.#sum };
  }

  /** How many values lie at or below each bound. */
  cumulative(): readonly { readonly bound: number; readonly count: number }[] {
    let count = 0;
    return Array.from(this.bounds, (bound, i) => {
      count += this.#counts[i] as number;
      return { bound, count };
    });
  }
}
