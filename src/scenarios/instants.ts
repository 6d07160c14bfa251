import type { Ns } from '../time/ns.ts';
import { InverseProfile } from './inverse.ts';
import type { RateProfile } from './phase.ts';
import { durationOf } from './profile.ts';

/**
 * Intended instants of one phase, from its start: L^-1 rounded to whole nanoseconds, kept inside [0, duration).
 */
export class Instants {
  readonly #inverse: InverseProfile;
  readonly #lastNs: number;

  constructor(profile: RateProfile) {
    this.#inverse = new InverseProfile(profile);
    this.#lastNs = lastInstant(durationOf(profile));
  }

  /** When the integral of the rate has come to `arrivals`. Whole nanoseconds. */
  at(arrivals: number): number {
    return Math.min(Math.round(this.#inverse.at(arrivals)), this.#lastNs);
  }

  /** Replaces the first `count` numbers of arrivals by their instants. */
  fill(arrivals: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) arrivals[i] = this.at(arrivals[i] as number);
  }
}

const lastInstant = (durationNs: Ns): number => Math.max(0, durationNs - 1);
