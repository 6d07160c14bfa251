import { type PhaseArrivals, SAMPLE_DRAWN } from './arrivals.ts';
import { fillExponential } from './exponential.ts';
import { Instants } from './instants.ts';
import type { RateProfile } from './phase.ts';
import { integral } from './profile.ts';
import type { Rng } from './rng.ts';
import type { Dealer } from './share.ts';

/**
 * A Poisson process on a rate profile, conditioned on its count: n arrivals at L^-1(L(end) u_i), u_i the partial sums
 * of n + 1 exponential gaps over their total. (Given their number, the arrivals of a Poisson process are independent
 * draws of density r(t); ordered uniform draws are such normalised sums: Devroye, "Non-Uniform Random Variate
 * Generation", 1986, V.3.) So the offered rate is the wanted one and not a draw around it. Where the integral is a
 * whole number, L(end) u_i is n u_i; where it was rounded, no arrival falls off the end.
 *
 * Two passes over one seeded stream: the constructor takes the first (n + 1 draws), so that no phase begins with a
 * pause; the walk is the second.
 */
export class PoissonArrivals implements PhaseArrivals {
  index = -1;
  atNs = 0;
  readonly sample = SAMPLE_DRAWN;
  readonly #instants: Instants;
  readonly #gapSums: GapSums;
  /** Null: every arrival is ours. */
  readonly #dealer: Dealer | null;
  readonly #arrivalsPerGap: number;
  /** Arrivals of the fleet in the blocks before this one, and those still to be drawn. */
  #drawn = 0;
  #undrawn: number;
  /** Our arrivals in the current block of the fleet's: instants and indices, how many, and how many of them are read. */
  readonly #blockAtNs = new Float64Array(BLOCK);
  readonly #blockIndex = new Float64Array(BLOCK);
  #ready = 0;
  #read = 0;

  /**
   * @param stream opens the phase's random stream at its beginning.
   * @param dealer deals the arrivals to the fleet's agents; null for the fleet as a whole.
   */
  constructor(profile: RateProfile, count: number, stream: () => Rng, dealer: Dealer | null) {
    this.#instants = new Instants(profile);
    this.#gapSums = new GapSums(stream());
    this.#dealer = dealer;
    this.#undrawn = dealer?.left === 0 ? 0 : count;
    this.#arrivalsPerGap = this.#undrawn === 0 ? 0 : integral(profile) / new GapSums(stream()).sumOf(count + 1);
  }

  next(): boolean {
    while (this.#read === this.#ready) {
      if (this.#undrawn === 0) return false;
      this.#drawBlock();
    }
    const at = this.#blockAtNs[this.#read] as number;
    if (at > this.atNs) this.atNs = at;
    this.index = this.#blockIndex[this.#read] as number;
    this.#read++;
    return true;
  }

  /** Block by block, each step a loop over arrays: a double that crosses a call on its own would be allocated. */
  #drawBlock(): void {
    const size = Math.min(BLOCK, this.#undrawn);
    this.#gapSums.advance();
    this.#ready = this.#keepOurs(size);
    this.#read = 0;
    this.#drawn += size;
    this.#undrawn = this.#dealer?.left === 0 ? 0 : this.#undrawn - size;
    this.#instants.fill(this.#blockAtNs, this.#ready);
  }

  /** Moves ours among the next `size` arrivals into the block, as arrivals on the profile; tells how many they are. */
  #keepOurs(size: number): number {
    const sums = this.#gapSums.sums;
    const dealer = this.#dealer;
    let kept = 0;
    for (let i = 0; i < size; i++) {
      if (dealer !== null && !dealer.deal()) continue;
      this.#blockAtNs[kept] = (sums[i] as number) * this.#arrivalsPerGap;
      this.#blockIndex[kept] = this.#drawn + i;
      kept++;
    }
    return kept;
  }
}

const BLOCK = 256;

/** Partial sums of exponential gaps, a block at a time. */
class GapSums {
  /** Sums up to and including each gap of the current block. */
  readonly sums = new Float64Array(BLOCK);
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  advance(): void {
    const sums = this.sums;
    let sum = sums[BLOCK - 1] as number;
    fillExponential(this.#rng, sums);
    for (let i = 0; i < BLOCK; i++) {
      sum += sums[i] as number;
      sums[i] = sum;
    }
  }

  /** The sum of the first `count` gaps, counted from here. */
  sumOf(count: number): number {
    for (let left = count; left > BLOCK; left -= BLOCK) this.advance();
    this.advance();
    return this.sums[(count - 1) % BLOCK] as number;
  }
}
