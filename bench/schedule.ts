// Cost of walking a schedule, in nanoseconds per arrival of the whole fleet's schedule, beside a bare loop that draws
// the same random numbers; then the resident memory of a process that walks an hour at 10,000/s, quarter by quarter.
// Usage: node bench/schedule.ts [arrivals, default 5000000]
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exponential } from '../src/scenarios/exponential.ts';
import type { ArrivalLaw, Share } from '../src/scenarios/phase.ts';
import { phasesOf } from '../src/scenarios/presets.ts';
import { stream } from '../src/scenarios/rng.ts';
import { shareArrivals } from '../src/scenarios/schedule.ts';
import { surveyTrace } from '../src/scenarios/trace-survey.ts';
import { seconds } from '../src/time/ns.ts';
import { openBytes } from '../src/wire/byte-reader.ts';

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

/** Writes as many arrivals as a trace, a line each, and returns its path. */
function written(folder: string, name: string, line: (i: number) => string): string {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (let first = 0; first < arrivals; first += 10_000) {
    const count = Math.min(10_000, arrivals - first);
    writeSync(file, Array.from({ length: count }, (_, i) => line(first + i)).join(''));
  }
  closeSync(file);
  return path;
}

function replay(path: string, share: Share): number {
  const load = { kind: 'trace', path, sha256: '', scale: 1, target: null, count: arrivals, highest: RATE } as const;
  const phases = phasesOf({ kind: 'trace', load, durationNs: seconds(1) }, { warmupNs: seconds(0), places: 1 });
  const cursor = shareArrivals(phases, share, { seed: '7', scenario: 'bench', trial: 1 }, openBytes);
  let last = 0;
  while (cursor.next()) last = cursor.atNs;
  return last;
}

const alone = { index: 0, of: 1 };
const folder = mkdtempSync(join(tmpdir(), 'loadcell-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const csv = written(folder, 'a.csv', (i) => `${i === 0 ? 'at,sample\n' : ''}${(i / RATE).toFixed(4)},${i % 1000}\n`);
const json = written(folder, 'a.jsonl', (i) => `{"at":${(i / RATE).toFixed(4)},"sample":${i % 1000}}\n`);
const cases: readonly (readonly [string, () => number])[] = [
  ['two exponential draws, nothing else', () => draws(2)],
  ['uniform', () => walk('uniform', alone)],
  ['uniform, ramp', () => walk('uniform', alone, 3 * RATE)],
  ['poisson', () => walk('poisson', alone)],
  ['poisson, ramp', () => walk('poisson', alone, 3 * RATE)],
  ['poisson, one share of 8', () => walk('poisson', { index: 3, of: 8 })],
  ['poisson, one share of 1000', () => walk('poisson', { index: 300, of: 1000 })],
  ['trace, CSV with samples', () => replay(csv, alone)],
  ['trace, CSV, one share of 8', () => replay(csv, { index: 3, of: 8 })],
  ['trace, CSV, surveyed for the plan', () => surveyTrace(openBytes(csv), 1, null).count],
  ['trace, JSON lines with samples', () => replay(json, alone)],
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

const HOUR_S = 3600;
const QUARTERS = 4;

/** Resident memory in MB at the start and after each quarter of an hour at 10,000/s, one share of four. */
function memoryOfAnHour(): readonly string[] {
  const load = { kind: 'soak', law: 'poisson', rate: RATE, durationNs: seconds(HOUR_S) } as const;
  const phases = phasesOf(load, { warmupNs: seconds(0), places: 1 });
  const cursor = shareArrivals(phases, { index: 1, of: 4 }, { seed: '7', scenario: 'bench', trial: 1 });
  const all = (RATE * HOUR_S) / 4;
  const resident = (): string => `${(process.memoryUsage().rss / 1e6).toFixed(1)} MB`;
  const readings = [resident()];
  let count = 0;
  while (cursor.next()) if (++count % (all / QUARTERS) === 0) readings.push(resident());
  if (count !== all) throw new Error(`an hour's share holds ${count} arrivals, expected ${all}`);
  return readings;
}

console.log(`\nan hour at ${RATE}/s, one share of four: resident ${memoryOfAnHour().join(', ')}`);
