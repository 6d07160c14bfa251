import type { PhaseArrivals } from './arrivals.ts';
import { exponential } from './exponential.ts';
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
  readonly #instants: Instants;
  readonly #gaps: Rng;
  /** Null: every arrival is ours. */
  readonly #dealer: Dealer | null;
  readonly #arrivalsPerGap: number;
  /** Arrivals of this share still to come. */
  #left: number;
  #gapSum = 0;

  /**
   * @param stream opens the phase's random stream at its beginning.
   * @param dealer deals the arrivals to the fleet's agents; null for the fleet as a whole.
   */
  constructor(profile: RateProfile, count: number, stream: () => Rng, dealer: Dealer | null) {
    this.#instants = new Instants(profile);
    this.#gaps = stream();
    this.#dealer = dealer;
    this.#left = dealer === null ? count : dealer.left;
    this.#arrivalsPerGap = this.#left === 0 ? 0 : integral(profile) / sumOfGaps(stream(), count + 1);
  }

  next(): boolean {
    if (this.#left === 0) return false;
    do {
      this.#gapSum += exponential(this.#gaps);
      this.index++;
    } while (this.#dealer !== null && !this.#dealer.deal());
    this.#left--;
    const at = this.#instants.at(this.#gapSum * this.#arrivalsPerGap);
    if (at > this.atNs) this.atNs = at;
    return true;
  }
}

function sumOfGaps(gaps: Rng, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += exponential(gaps);
  return sum;
}
