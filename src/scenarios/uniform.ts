import { type PhaseArrivals, SAMPLE_DRAWN } from './arrivals.ts';
import { Instants } from './instants.ts';
import type { RateProfile, Share } from './phase.ts';

/**
 * Evenly spaced load: arrival i of n is intended at L^-1(i), which is i / rate where the rate is constant. Computed
 * from the index, so that no error adds up. A share is every `of`-th arrival.
 */
export class UniformArrivals implements PhaseArrivals {
  index: number;
  atNs = 0;
  readonly sample = SAMPLE_DRAWN;
  readonly #instants: Instants;
  readonly #count: number;
  readonly #stride: number;

  constructor(profile: RateProfile, count: number, share: Share) {
    this.#instants = new Instants(profile);
    this.#count = count;
    this.#stride = share.of;
    this.index = share.index - share.of;
  }

  next(): boolean {
    const index = this.index + this.#stride;
    if (index >= this.#count) return false;
    this.index = index;
    this.atNs = this.#instants.at(index);
    return true;
  }
}

/** Offline load: all `count` requests at the phase's start. A share is every `of`-th arrival. */
export class ArrivalsAtOnce implements PhaseArrivals {
  index: number;
  readonly atNs = 0;
  readonly sample = SAMPLE_DRAWN;
  readonly #count: number;
  readonly #stride: number;

  constructor(count: number, share: Share) {
    this.#count = count;
    this.#stride = share.of;
    this.index = share.index - share.of;
  }

  next(): boolean {
    const index = this.index + this.#stride;
    if (index >= this.#count) return false;
    this.index = index;
    return true;
  }
}
