import { type PhaseArrivals, SAMPLE_DRAWN } from './arrivals.ts';
import type { OpenFile } from './byte-reader.ts';
import type { PhaseLoad } from './phase.ts';
import type { Dealer } from './share.ts';
import { TraceCursor } from './trace-cursor.ts';
import { OURS } from './trace-line.ts';

export type TraceLoad = Extract<PhaseLoad, { kind: 'trace' }>;

/**
 * The arrivals of a trace, streamed from its file: the lines of one target where the trace names targets, else all.
 *
 * A share is dealt at random with exact counts, as of a Poisson process: independent thinning keeps what is bursty
 * bursty, and a trace of Poisson arrivals Poisson. Every `of`-th line would be more regular than the trace itself, and
 * would tie shares to any period that its lines have.
 *
 * The file is opened by the first call of `next()` and closed by the last.
 */
export class TraceArrivals implements PhaseArrivals {
  index = -1;
  atNs = 0;
  sample = SAMPLE_DRAWN;
  readonly #load: TraceLoad;
  readonly #open: OpenFile;
  /** Null: every arrival is ours. */
  readonly #dealer: Dealer | null;
  #cursor: TraceCursor | null = null;
  #hasEnded = false;

  constructor(load: TraceLoad, open: OpenFile, dealer: Dealer | null) {
    this.#load = load;
    this.#open = open;
    this.#dealer = dealer;
  }

  next(): boolean {
    const { path, scale, target, count } = this.#load;
    while (!this.#hasEnded) {
      this.#cursor ??= new TraceCursor(this.#open(path), scale, target ?? '');
      const cursor = this.#cursor;
      const isOver = this.index + 1 === count || this.#dealer?.left === 0;
      if (isOver || !cursor.next()) {
        this.#hasEnded = true;
        cursor.close();
      } else if (target === null || cursor.named === OURS) {
        this.index++;
        if (this.#dealer !== null && !this.#dealer.deal()) continue;
        this.atNs = cursor.atNs;
        this.sample = cursor.sample;
        return true;
      }
    }
    return false;
  }
}
