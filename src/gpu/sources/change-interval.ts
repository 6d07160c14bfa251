/** How many distances between changes are remembered. */
const KEPT = 15;

/**
 * Finds how often a page that is fetched really changes: exporters collect at an interval of their own and repeat
 * themselves in between. Pure: it is told what was found when.
 */
export class ChangeInterval {
  #last: string | null = null;
  #changedNs: number | null = null;
  readonly #distances: number[] = [];

  /** Whether this is another answer than the one before; `print`: what tells answers apart. */
  changed(print: string, atNs: number): boolean {
    if (print === this.#last) return false;
    // The first answer may have stood for any time.
    if (this.#last !== null && this.#changedNs !== null) this.#distances.push(atNs - this.#changedNs);
    if (this.#distances.length > KEPT) this.#distances.shift();
    if (this.#last !== null) this.#changedNs = atNs;
    this.#last = print;
    return true;
  }

  /** Median distance of changes, ns; null: fewer than three are known. */
  get intervalNs(): number | null {
    if (this.#distances.length < 3) return null;
    const sorted = this.#distances.toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? null;
  }

  /** When it last changed; null: it never has. */
  get changedNs(): number | null {
    return this.#changedNs;
  }
}
