import { exponential } from '../../src/scenarios/exponential.ts';
import { type Rng, stream } from '../../src/scenarios/rng.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { Tally } from '../../src/stats/tally.ts';
import { NS_PER_S, type Ns, ns } from '../../src/time/ns.ts';
import type { SealedSecond } from '../../src/verdict/window/sealed-second.ts';

/** One place, Poisson arrivals at `rate` per second, busy for `load` of the time. */
export interface Queue {
  readonly law: 'M/M/1' | 'M/D/1';
  readonly load: number;
  readonly rate: number;
  /** From `atS` on every service takes `factor` times as long; infinite: it never ends. */
  readonly trouble: { readonly atS: number; readonly factor: number } | null;
}

/** The stationary quantile of the response: by formula for M/M/1, by a long recursion for M/D/1. */
export function trueQuantileMs({ law, load, rate }: Queue, p: number): number {
  const meanMs = (1000 * load) / rate;
  if (law === 'M/M/1') return (-Math.log(1 - p) * meanMs) / (1 - load);
  const rng = stream('1', `long/${load}/${rate}`);
  const found = new Float64Array(4_000_000);
  let wait = 0;
  for (let i = 0; i < found.length; i++) {
    found[i] = wait + meanMs;
    wait = Math.max(0, wait + meanMs - (exponential(rng) / rate) * 1000);
  }
  found.sort();
  return found[Math.ceil(p * found.length) - 1] ?? Number.NaN;
}

/** The sealed seconds of one measure phase (phase 0) in front of a queue, against one limit. Stationary at its start. */
export class SimulatedSeconds implements Iterable<SealedSecond> {
  readonly #queue: Queue;
  readonly #limitNs: Ns;
  readonly #lengthS: number;
  readonly #rng: Rng;
  readonly #serviceNs: number;
  #freeNs = Number.NEGATIVE_INFINITY;
  /** Completion and response of every request that is not settled yet, one after the other, from `#next` on. */
  #later: number[] = [];
  #next = 0;
  /** Per second from the one that is sealed next, requests that are older than the limit at its end and not settled. */
  #overdue: number[] = [];

  constructor(queue: Queue, limitNs: Ns, lengthS: number, rng: Rng) {
    this.#queue = queue;
    this.#limitNs = limitNs;
    this.#lengthS = lengthS;
    this.#rng = rng;
    this.#serviceNs = (NS_PER_S * queue.load) / queue.rate;
  }

  *[Symbol.iterator](): Generator<SealedSecond> {
    const gapNs = (): number => (exponential(this.#rng) / this.#queue.rate) * NS_PER_S;
    let atNs = -3000 * (NS_PER_S / this.#queue.rate);
    for (; atNs < 0; atNs += gapNs()) this.#complete(atNs);
    let second = 0;
    for (;;) {
      const completedNs = this.#complete(atNs);
      // Completions ascend: once one lies beyond a second and its arrival too, that second is whole.
      while (atNs >= (second + 1) * NS_PER_S) {
        yield this.#seal(second++);
        if (second === this.#lengthS) return;
      }
      this.#count(atNs, completedNs, second);
      atNs += gapNs();
    }
  }

  #count(atNs: number, completedNs: number, second: number): void {
    this.#later.push(completedNs, completedNs - atNs);
    const from = Math.ceil((atNs + this.#limitNs) / NS_PER_S) - 1;
    const until = Math.min(this.#lengthS, Math.floor(completedNs / NS_PER_S));
    for (let at = Math.max(from, second); at < until; at++) {
      this.#overdue[at - second] = (this.#overdue[at - second] ?? 0) + 1;
    }
  }

  #seal(second: number): SealedSecond {
    const endNs = (second + 1) * NS_PER_S;
    const tally = new Tally(1);
    for (; this.#next < this.#later.length; this.#next += 2) {
      if ((this.#later[this.#next] ?? endNs) >= endNs) break;
      const responseNs = this.#later[this.#next + 1] ?? 0;
      tally.outcomes[Outcome.ok] = tally.ok + 1;
      tally.started++;
      tally.response.record(responseNs);
      if (responseNs >= this.#limitNs) tally.over[0] = (tally.over[0] ?? 0) + 1;
    }
    if (this.#next > 1e5) {
      this.#later = this.#later.slice(this.#next);
      this.#next = 0;
    }
    tally.overLessLag.set(tally.over);
    const overdue = this.#overdue.shift() ?? 0;
    return {
      startNs: ns(second * NS_PER_S),
      endNs: ns(endNs),
      phases: [{ phase: 0, tally }],
      slots: [],
      answered: tally.ok,
      overdue: [overdue],
      overdueLessLag: [overdue],
    };
  }

  #complete(atNs: number): number {
    const { law, trouble } = this.#queue;
    const factor = trouble !== null && Math.max(atNs, this.#freeNs) >= trouble.atS * NS_PER_S ? trouble.factor : 1;
    const draw = law === 'M/M/1' ? exponential(this.#rng) : 1;
    this.#freeNs = Math.max(atNs, this.#freeNs) + this.#serviceNs * draw * factor;
    return this.#freeNs;
  }
}
