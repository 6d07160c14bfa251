/** One level of a search for a peak, in front of places that share one queue: from empty through a warm-up. */
import { exponential } from '../../src/scenarios/exponential.ts';
import type { Rng } from '../../src/scenarios/rng.ts';

export interface PeakQueue {
  readonly law: 'M/D/c' | 'M/M/1';
  readonly places: number;
  /** Mean service time. */
  readonly serviceMs: number;
}

/** Arrivals in order, an exact number of them: Poisson conditioned on its count. Milliseconds. */
export function arrivalsMs(rate: number, seconds: number, rng: Rng): Float64Array {
  const count = Math.round(rate * seconds);
  const at = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += exponential(rng);
    at[i] = sum;
  }
  const scale = (1000 * seconds) / (sum + exponential(rng));
  for (let i = 0; i < count; i++) at[i] = (at[i] ?? 0) * scale;
  return at;
}

/** When each place of a queue is free next. With constant services places take turns, so one ring of instants is enough. */
export class Places {
  readonly #queue: PeakQueue;
  readonly #rng: Rng;
  readonly #freeMs: Float64Array;
  #turn = 0;

  constructor(queue: PeakQueue, rng: Rng) {
    if (queue.law === 'M/M/1' && queue.places !== 1) throw new Error('places take turns only where services are equal');
    this.#queue = queue;
    this.#rng = rng;
    this.#freeMs = new Float64Array(queue.places).fill(Number.NEGATIVE_INFINITY);
  }

  /** The response time of the next arrival, milliseconds. */
  serve(atMs: number): number {
    const { law, serviceMs, places } = this.#queue;
    const service = law === 'M/M/1' ? serviceMs * exponential(this.#rng) : serviceMs;
    const end = Math.max(atMs, this.#freeMs[this.#turn] ?? 0) + service;
    this.#freeMs[this.#turn] = end;
    this.#turn = (this.#turn + 1) % places;
    return end - atMs;
  }
}

export interface LevelLength {
  readonly warmupS: number;
  readonly everyS: number;
}

/** Intended starts of the measure phase and their responses, milliseconds. */
export function levelOf(queue: PeakQueue, rate: number, { warmupS, everyS }: LevelLength, rng: Rng) {
  const places = new Places(queue, rng);
  for (const at of arrivalsMs(rate, warmupS, rng)) places.serve(at - 1000 * warmupS);
  const atMs = arrivalsMs(rate, everyS, rng);
  return { atMs, responsesMs: atMs.map((at) => places.serve(at)) };
}

/** Share of the responses at or above a limit in a long stretch of the same queue. Same `rng`, same draws at every rate. */
export function longShare(queue: PeakQueue, rate: number, limitMs: number, requests: number, rng: Rng): number {
  const places = new Places(queue, rng);
  let at = 0;
  let over = 0;
  const skipped = requests / 100;
  for (let i = 0; i < requests + skipped; i++) {
    at += (exponential(rng) * 1000) / rate;
    if (places.serve(at) >= limitMs && i >= skipped) over++;
  }
  return over / requests;
}

/** The rate at which the share over a limit is what is allowed: by formula for M/M/1, else by halving over long stretches. */
export function truePeak(queue: PeakQueue, limitMs: number, allowed: number, random: () => Rng): number {
  if (queue.law === 'M/M/1') return 1000 * (1 / queue.serviceMs + Math.log(allowed) / limitMs);
  let low = 0;
  let high = (1000 * queue.places) / queue.serviceMs;
  while (high - low > high * 1e-5) {
    const middle = (low + high) / 2;
    if (longShare(queue, middle, limitMs, 10_000_000, random()) > allowed) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
