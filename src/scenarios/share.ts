import type { Share } from './phase.ts';
import type { Rng } from './rng.ts';

/**
 * How many of `n` fall to a share when they are dealt `i % of`: shares differ by at most one. So many arrivals of a
 * phase has an agent under every law, and so many requests in flight of a closed phase.
 */
export const shareOf = (n: number, share: Share): number => Math.floor((n + share.of - 1 - share.index) / share.of);

/**
 * Deals a phase's arrivals to the fleet's agents at random with exact counts: each goes to agent i with probability
 * remaining_i / remaining. Every share of a conditioned Poisson stream is then conditioned Poisson itself, which
 * striping would not give (Erlang gaps), and whoever walks the stream deals it alike.
 *
 * The remaining counts stand in a binary tree, so an arrival costs one draw and log2(of) steps. Watched by
 * `bench/schedule.ts`.
 */
export class Dealer {
  /** Our arrivals still to be dealt. */
  left: number;
  readonly #rng: Rng;
  readonly #index: number;
  /** A power of two, at least `of`. */
  readonly #leaves: number;
  /** Node i has the children 2i and 2i + 1; the root is 1; agent i is the leaf `#leaves + i`. */
  readonly #remaining: Float64Array;

  constructor(count: number, share: Share, rng: Rng) {
    this.#rng = rng;
    this.#index = share.index;
    this.left = shareOf(count, share);
    this.#leaves = 2 ** Math.ceil(Math.log2(share.of));
    this.#remaining = new Float64Array(2 * this.#leaves);
    for (let index = 0; index < share.of; index++) {
      this.#remaining[this.#leaves + index] = shareOf(count, { index, of: share.of });
    }
    for (let node = this.#leaves - 1; node > 0; node--) {
      this.#remaining[node] = (this.#remaining[2 * node] as number) + (this.#remaining[2 * node + 1] as number);
    }
  }

  /** Deals the next arrival; true when it is ours. At most `count` calls. */
  deal(): boolean {
    const remaining = this.#remaining;
    let ticket = Math.floor(this.#rng.next() * (remaining[1] as number));
    let node = 1;
    while (node < this.#leaves) {
      remaining[node] = (remaining[node] as number) - 1;
      node *= 2;
      const left = remaining[node] as number;
      if (ticket >= left) {
        ticket -= left;
        node++;
      }
    }
    remaining[node] = (remaining[node] as number) - 1;
    const ours = node === this.#leaves + this.#index;
    if (ours) this.left--;
    return ours;
  }
}
