/**
 * How often the verdict on `response.p95 < L` is wrong when L is exactly the queue's true P95, and how often a phase of
 * 20 s at 120/s passes below a limit of 100 ms. Judged by the product's own code, on schedules as it makes them.
 *
 * node bench/verdict-simulation.ts [repetitions]
 */
import { exponential } from '../src/scenarios/exponential.ts';
import type { Phase } from '../src/scenarios/phase.ts';
import { type Rng, stream } from '../src/scenarios/rng.ts';
import { Outcome } from '../src/stats/outcome.ts';
import { Tally } from '../src/stats/tally.ts';
import { latencyLimits } from '../src/verdict/limits.ts';
import { latencyQuestion } from '../src/verdict/objectives/latency.ts';
import { answerShare, type ShareAnswer } from '../src/verdict/objectives/share.ts';
import { trialView } from '../src/verdict/trial-view.ts';
import { cellOf, latencyBelow, openPhase } from '../test/support/cells.ts';
import { evidenceOf } from '../test/support/evidence.ts';

type Service = 'M/M/1' | 'M/D/1';

const QUANTILE = 0.95;
const repetitions = Number(process.argv[2] ?? 600);

const serviceTime = (queue: Service, rng: Rng, meanMs: number): number =>
  queue === 'M/M/1' ? meanMs * exponential(rng) : meanMs;

/** Response times of one phase: stationary at its start, Poisson conditioned on its count. */
function responses(queue: Service, rng: Rng, atMs: Float64Array, meanMs: number, rate: number): Float64Array {
  let free = Number.NEGATIVE_INFINITY;
  let before = (-3000 / rate) * 1000;
  while (before < 0) {
    free = Math.max(free, before) + serviceTime(queue, rng, meanMs);
    before += (exponential(rng) / rate) * 1000;
  }
  const found = new Float64Array(atMs.length);
  for (const [i, at] of atMs.entries()) {
    free = Math.max(free, at) + serviceTime(queue, rng, meanMs);
    found[i] = free - at;
  }
  return found;
}

/** The stationary P95: by formula for M/M/1, by a long recursion for M/D/1. */
function trueP95(queue: Service, meanMs: number, rate: number): number {
  if (queue === 'M/M/1') return -Math.log(1 - QUANTILE) / (1 / meanMs - rate / 1000);
  const rng = stream('1', `long/${rate}`);
  const found = new Float64Array(8_000_000);
  let wait = 0;
  for (let i = 0; i < found.length; i++) {
    found[i] = wait + meanMs;
    wait = Math.max(0, wait + meanMs - (exponential(rng) / rate) * 1000);
  }
  found.sort();
  return found[Math.ceil(QUANTILE * found.length) - 1] ?? Number.NaN;
}

interface Outcomes {
  readonly passes: boolean;
  readonly fails: boolean;
  /** Fails by its lower bound, gross breach or not. */
  readonly failsByBounds: boolean;
  /** What counting alone would say. */
  readonly plainPasses: boolean;
}

/** A phase judged again and again without new memory. */
class Court {
  readonly #phase: Phase;
  readonly #slots: readonly Tally[];
  readonly #limitMs: number;
  readonly #judge: () => ShareAnswer;

  constructor(rate: number, seconds: number, limitMs: number) {
    this.#limitMs = limitMs;
    this.#phase = openPhase('load', rate, seconds);
    const objective = latencyBelow(QUANTILE, limitMs);
    const cell = cellOf([this.#phase], [objective]);
    const limits = latencyLimits(cell.objectives);
    this.#slots = Array.from({ length: this.#phase.slots }, () => new Tally(limits.length));
    const evidence = { ...evidenceOf(cell, []), slots: [this.#slots] };
    const question = latencyQuestion(objective, { metric: 'response', quantile: QUANTILE }, limits);
    this.#judge = () => answerShare(question, [trialView(cell, evidence)], limits.length);
  }

  hear(queue: Service, rng: Rng, meanMs: number, rate: number): Outcomes {
    this.#fill(queue, rng, meanMs, rate);
    const { decision, bounds, over, n } = this.#judge();
    return {
      passes: decision === 'pass',
      fails: decision === 'fail',
      failsByBounds: (bounds?.low ?? 0) > 1 - QUANTILE,
      plainPasses: over <= (1 - QUANTILE) * n,
    };
  }

  #fill(queue: Service, rng: Rng, meanMs: number, rate: number): void {
    const { load, durationNs, slots } = this.#phase;
    if (load.kind !== 'open') throw new Error('a schedule is needed');
    const durationMs = durationNs / 1e6;
    const atMs = Float64Array.from({ length: load.count }, () => rng.next() * durationMs).sort();
    for (const slot of this.#slots) slot.clear();
    for (const [i, response] of responses(queue, rng, atMs, meanMs, rate).entries()) {
      const slot = this.#slots[Math.floor(((atMs[i] ?? 0) * slots) / durationMs)];
      if (slot === undefined) throw new Error('an arrival outside its phase');
      slot.outcomes[Outcome.ok] = slot.ok + 1;
      slot.started++;
      slot.response.record(response * 1e6);
      if (response >= this.#limitMs) slot.over[0] = (slot.over[0] ?? 0) + 1;
    }
  }
}

const percent = (count: number): string => `${((100 * count) / repetitions).toFixed(1)} %`.padStart(9);

function atTheLimit(queue: Service, load: number): string {
  const rate = 100;
  const meanMs = (1000 * load) / rate;
  const court = new Court(rate, 20, trueP95(queue, meanMs, rate));
  const rng = stream('7', `limit/${queue}/${load}`);
  const heard = Array.from({ length: repetitions }, () => court.hear(queue, rng, meanMs, rate));
  const share = (of: keyof Outcomes): string => percent(heard.filter((outcomes) => outcomes[of]).length);
  const columns = [share('passes'), share('failsByBounds'), share('fails'), share('plainPasses')];
  return `${queue}  ${load * 100} %   ${columns.join('   ')}`;
}

function belowTheLimit(queue: Service, load: number): string {
  const rate = 120;
  const meanMs = (1000 * load) / rate;
  const court = new Court(rate, 20, 100);
  const rng = stream('8', `price/${queue}/${load}`);
  let passed = 0;
  for (let i = 0; i < repetitions; i++) if (court.hear(queue, rng, meanMs, rate).passes) passed++;
  return `${queue}  ${load * 100} %   ${percent(passed)}   (true P95 ${trueP95(queue, meanMs, rate).toFixed(1)} ms)`;
}

console.log(`P95 exactly at the limit, 2,000 requests, ${repetitions} repetitions`);
console.log('queue  load   wrong pass   wrong fail   with gross   plain count passes');
for (const queue of ['M/M/1', 'M/D/1'] as const) for (const load of [0.5, 0.8]) console.log(atTheLimit(queue, load));
console.log(`\nresponse.p95 < 100ms at 120/s for 20 s, ${repetitions} repetitions`);
console.log('queue  load      passes');
for (const queue of ['M/D/1', 'M/M/1'] as const)
  for (const load of [0.4, 0.6, 0.8]) console.log(belowTheLimit(queue, load));
