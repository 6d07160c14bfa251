import { BLOCKS } from '../../stats/blocks.ts';
import { Tally } from '../../stats/tally.ts';

/** Shorter pieces are joined in pairs when there are so many: bounded memory however long a trial lasts. */
const MOST_PIECES = 16 * BLOCKS;

/**
 * The seconds before a window, for the scatter of requests in them: cut into 20 equal groups, the youngest remainder (at
 * most 19 s, from 320 s on at most an eighth of the whole) left out. Kept as pieces of 1, 2, 4 ... seconds.
 */
export class History {
  readonly #limits: number;
  #pieces: Tally[] = [];
  #pieceS = 1;
  #open: Tally;
  #openS = 0;
  #groups: { readonly perGroup: number; readonly pieceS: number; readonly tallies: readonly Tally[] } | null = null;

  constructor(limits: number) {
    this.#limits = limits;
    this.#open = new Tally(limits);
  }

  add(second: Tally): void {
    this.#open.add(second);
    this.#openS++;
    if (this.#openS < this.#pieceS) return;
    this.#pieces.push(this.#open);
    this.#open = new Tally(this.#limits);
    this.#openS = 0;
    if (this.#pieces.length === MOST_PIECES) this.#join();
  }

  /** 20 groups of equal length; null before there are 20 seconds. */
  groups(): readonly Tally[] | null {
    const perGroup = Math.floor(this.#pieces.length / BLOCKS);
    if (perGroup === 0) return null;
    const known = this.#groups;
    if (known !== null && known.perGroup === perGroup && known.pieceS === this.#pieceS) return known.tallies;
    const tallies = Array.from({ length: BLOCKS }, (_, group) => this.#sum(group * perGroup, (group + 1) * perGroup));
    this.#groups = { perGroup, pieceS: this.#pieceS, tallies };
    return tallies;
  }

  #join(): void {
    this.#pieces = Array.from({ length: MOST_PIECES / 2 }, (_, pair) => this.#sum(2 * pair, 2 * pair + 2));
    this.#pieceS *= 2;
  }

  #sum(from: number, to: number): Tally {
    const sum = new Tally(this.#limits);
    for (const piece of this.#pieces.slice(from, to)) sum.add(piece);
    return sum;
  }
}
