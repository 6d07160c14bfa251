// Cost of walking a schedule, in nanoseconds per arrival of the whole fleet's schedule, beside a bare loop that draws
// the same random numbers. Usage: node bench/schedule.ts [arrivals, default 5000000]
import { exponential } from '../src/scenarios/exponential.ts';
import type { ArrivalLaw, Share } from '../src/scenarios/phase.ts';
import { phasesOf } from '../src/scenarios/presets.ts';
import { stream } from '../src/scenarios/rng.ts';
import { shareArrivals } from '../src/scenarios/schedule.ts';
import { seconds } from '../src/time/ns.ts';

const arrivals = Number(process.argv[2] ?? 5_000_000);
const RATE = 10_000;
const ROUNDS = 5;

function walk(law: ArrivalLaw, share: Share, to = RATE): number {
  const durationNs = seconds((2 * arrivals) / (RATE + to));
  const phases = phasesOf({ kind: 'ramp', law, from: RATE, to, durationNs }, { warmupNs: seconds(0), places: 1 });
  const cursor = shareArrivals(phases, share, { seed: '7', scenario: 'bench', trial: 1 });
  let last = 0;
  while (cursor.next()) last = cursor.atNs;
  return last;
}

function draws(passes: number): number {
  const rng = stream('7', 'bench');
  let sum = 0;
  for (let i = 0; i < passes * arrivals; i++) sum += exponential(rng);
  return sum;
}

const alone = { index: 0, of: 1 };
const cases: readonly (readonly [string, () => number])[] = [
  ['two exponential draws, nothing else', () => draws(2)],
  ['uniform', () => walk('uniform', alone)],
  ['uniform, ramp', () => walk('uniform', alone, 3 * RATE)],
  ['poisson', () => walk('poisson', alone)],
  ['poisson, ramp', () => walk('poisson', alone, 3 * RATE)],
  ['poisson, one share of 8', () => walk('poisson', { index: 3, of: 8 })],
  ['poisson, one share of 1000', () => walk('poisson', { index: 300, of: 1000 })],
];

const costs = new Map<string, number[]>(cases.map(([name]) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of cases) {
    const begin = process.hrtime.bigint();
    const result = run();
    const ns = Number(process.hrtime.bigint() - begin) / arrivals;
    if (!Number.isFinite(result)) throw new Error(`${name} came to ${result}`);
    costs.get(name)?.push(ns);
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const baseline = median(costs.get(cases[0]?.[0] ?? '') ?? []);
console.log(`${arrivals} arrivals, median of ${ROUNDS} interleaved rounds`);
for (const [name, values] of costs) {
  const ns = median(values);
  console.log(`${name.padEnd(36)} ${ns.toFixed(1).padStart(7)} ns/arrival  ${(ns / baseline).toFixed(2)} x the draws`);
}
