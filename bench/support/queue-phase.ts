/** A phase of a constant rate in front of one place, as its slots count it: stationary from its first request on. */
import { exponential } from '../../src/scenarios/exponential.ts';
import type { Phase } from '../../src/scenarios/phase.ts';
import { type Rng, stream } from '../../src/scenarios/rng.ts';
import { normalQuantile } from '../../src/stats/normal.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { openPhase } from '../../test/support/cells.ts';

/** Poisson arrivals at one place. `lognormal`: service times of variation 1.5. */
export const LAWS = ['M/M/1', 'M/D/1', 'lognormal'] as const;
export type Law = (typeof LAWS)[number];

/** Arrivals per second of every phase here: a figure in milliseconds stands for a tenth of a mean gap. */
export const RATE = 100;

export interface Queue {
  readonly law: Law;
  /** Share of the time in which the place is busy. */
  readonly load: number;
}

const VARIATION = 1.5;
const SIGMA_2 = Math.log(1 + VARIATION ** 2);
const SIGMA = Math.sqrt(SIGMA_2);

const meanMs = ({ load }: Queue): number => (1000 * load) / RATE;
const normal = (rng: Rng): number => normalQuantile(Math.min(1 - 2 ** -53, Math.max(2 ** -53, rng.next())));

function serviceMs(queue: Queue, rng: Rng): number {
  const mean = meanMs(queue);
  if (queue.law === 'M/D/1') return mean;
  return queue.law === 'M/M/1' ? mean * exponential(rng) : mean * Math.exp(SIGMA * normal(rng) - SIGMA_2 / 2);
}

/** What is left of a service that is found under way: a uniform part of a length-biased one. */
function leftMs(queue: Queue, rng: Rng): number {
  const mean = meanMs(queue);
  if (queue.law === 'M/M/1') return mean * exponential(rng);
  const found = queue.law === 'M/D/1' ? mean : mean * Math.exp(SIGMA * normal(rng) + SIGMA_2 / 2);
  return rng.next() * found;
}

/** Stationary work in front of an arrival: a geometric number of services under way (Pollaczek and Khinchine). */
function workMs(queue: Queue, rng: Rng): number {
  let work = 0;
  while (rng.next() < queue.load) work += leftMs(queue, rng);
  return work;
}

/** Stationary quantiles of the response, milliseconds: by formula for M/M/1, else of a million independent draws. */
export function trueQuantilesMs(queue: Queue, quantiles: readonly number[]): readonly number[] {
  if (queue.law === 'M/M/1') return quantiles.map((p) => (-Math.log(1 - p) * meanMs(queue)) / (1 - queue.load));
  const rng = stream('1', `truth/${queue.law}/${queue.load}`);
  const found = Float64Array.from({ length: 1_000_000 }, () => workMs(queue, rng) + serviceMs(queue, rng)).sort();
  return quantiles.map((p) => found[Math.ceil(p * found.length) - 1] ?? Number.NaN);
}

/** Nothing is served from `atMs` on for `forMs`. */
export interface Outage {
  readonly atMs: number;
  readonly forMs: number;
}

/** Fills the same slots again and again. */
export class QueuePhase {
  readonly phase: Phase;
  readonly slots: readonly Tally[];
  readonly #limitMs: number;

  /** Counts against `limitMs`. `cut`: the phase with other slots. */
  constructor(seconds: number, limitMs: number, cut = (phase: Phase): Phase => phase) {
    this.phase = cut(openPhase('load', RATE, seconds));
    this.slots = Array.from({ length: this.phase.slots }, () => new Tally(1));
    this.#limitMs = limitMs;
  }

  /**
   * Another trial: an exact number of Poisson arrivals, whose responses in milliseconds are returned. `slowing`: at its end
   * every service takes so much more, linearly.
   */
  fill(queue: Queue, rng: Rng, outage: Outage | null = null, slowing = 0): Float64Array {
    const durationMs = this.phase.durationNs / 1e6;
    const count = Math.round((RATE * durationMs) / 1000);
    const atMs = Float64Array.from({ length: count }, () => rng.next() * durationMs).sort();
    for (const slot of this.slots) slot.clear();
    let freeMs = workMs(queue, rng);
    return atMs.map((at) => {
      let startMs = Math.max(at, freeMs);
      if (outage !== null && startMs >= outage.atMs) startMs = Math.max(startMs, outage.atMs + outage.forMs);
      freeMs = startMs + serviceMs(queue, rng) * (1 + (slowing * at) / durationMs);
      this.#count(at / durationMs, freeMs - at);
      return freeMs - at;
    });
  }

  #count(part: number, responseMs: number): void {
    const slot = this.slots[Math.floor(part * this.slots.length)];
    if (slot === undefined) throw new Error('an arrival outside its phase');
    slot.outcomes[Outcome.ok] = slot.ok + 1;
    slot.started++;
    slot.inTime++;
    slot.response.record(responseMs * 1e6);
    if (responseMs < this.#limitMs) return;
    slot.over[0] = (slot.over[0] ?? 0) + 1;
    slot.overLessLag[0] = (slot.overLessLag[0] ?? 0) + 1;
  }
}
