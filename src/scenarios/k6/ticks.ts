import { Instants } from '../instants.ts';
import type { Phase, Share } from '../phase.ts';
import { type Stripes, stripesOf } from './segments.ts';

/** One instance's ticks of a phase: the uniform arrivals of the fleet that k6 deals to it. */
export class Ticks {
  readonly #instants: Instants;
  readonly #count: number;
  readonly #stripes: Stripes;
  #index: number;
  #step = 0;

  /** `vus`: of the whole fleet. The phase must be open. */
  constructor(phase: Phase, share: Share, vus: number) {
    if (phase.load.kind !== 'open') throw new Error(`k6 ticks: found a ${phase.load.kind} phase, expected an open one`);
    this.#instants = new Instants(phase.load.profile);
    this.#count = phase.load.count;
    this.#stripes = stripesOf(vus, share);
    this.#index = this.#stripes.first ?? Number.POSITIVE_INFINITY;
  }

  /** How many of the next ticks are intended before `untilNs` of the phase; they are passed over. */
  until(untilNs: number): number {
    const { steps } = this.#stripes;
    let count = 0;
    while (this.#index < this.#count && this.#instants.at(this.#index) < untilNs) {
      count++;
      this.#index += steps[this.#step++ % steps.length] as number;
    }
    return count;
  }
}

/**
 * What each phase holds for one instance of k6 up to `untilNs` of the trial; null where arrivals follow from completions.
 */
export const k6PlannedCounts = (
  phases: readonly Phase[],
  share: Share,
  vus: number,
  untilNs: number,
): (number | null)[] =>
  phases.map((phase) => {
    if (phase.load.kind !== 'open') return null;
    return new Ticks(phase, share, vus).until(untilNs - phase.startNs);
  });
