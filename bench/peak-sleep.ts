/**
 * The maximum rate of a target whose capacity is known, found by the real command in real time: a sleep of 40 ms on four
 * workers behind one queue (M/D/4, 100/s at most) under `response.p95 < 200ms`. The truth is that of the same queue on a
 * virtual clock: stationary; over levels as they are offered, from empty through their warm-up; and over such levels with
 * services as long as they were in the mean, since a busy machine lengthens every one of them. Several searches, each with
 * a seed of its own, may stand side by side: a place that sleeps needs no CPU time, and together they tell the bias and how
 * often the interval holds the truth. About a quarter of an hour; what the machine's host took of the CPU time meanwhile is
 * printed beside it.
 *
 * node bench/peak-sleep.ts [seconds of a level] [searches side by side]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { stream } from '../src/scenarios/rng.ts';
import type { Benchmarks, CellResult } from '../src/verdict/result.ts';
import { levelOf, type PeakQueue, truePeak } from './support/queue-level.ts';

const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const everyS = Number(process.argv[2] ?? 20);
const searches = Number(process.argv[3] ?? 1);
const FIRST_SEED = 20261128;
const WARMUP_S = 5;
const ALLOWED = 0.05;
const LIMIT_MS = 200;
const QUEUE: PeakQueue = { law: 'M/D/c', places: 4, serviceMs: 40 };

const campaign = (seed: number) => `name: known-peak
targets: { sleeper: { sleep: { constant: ${QUEUE.serviceMs}ms } } }
scenarios: { most: { peak: { from: 20/s, until: 160/s, every: ${everyS}s } } }
objectives: [response.p95 < ${LIMIT_MS}ms, errors < 5%]
fleet: { engine: local, agents: 1, workers: ${QUEUE.places}, pacing: precise }
retryInvalid: 10
warmup: ${WARMUP_S}s
drain: 5s
seed: ${seed}
`;

/** Runs one search by the real command; what it wrote to stderr is the error where it left no result. */
async function found(seed: number): Promise<Benchmarks> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-peak-'));
  try {
    writeFileSync(join(folder, 'c.yaml'), campaign(seed));
    const run = spawn(process.execPath, [bin, 'run', 'c.yaml', '--quiet'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said] = await Promise.all([text(run.stderr), once(run, 'exit')]);
    const [id] = existsSync(join(folder, 'results')) ? readdirSync(join(folder, 'results')) : [];
    const result = join(folder, 'results', id ?? '', 'benchmarks.json');
    if (id === undefined || !existsSync(result)) throw new Error(said);
    return JSON.parse(readFileSync(result, 'utf8')) as Benchmarks;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Share over the limit of many levels as they are offered. */
function shareOfLevels(queue: PeakQueue, rate: number): number {
  const rng = stream('1', `levels/${rate}`);
  let over = 0;
  let of = 0;
  for (let i = 0; i < 2000; i++) {
    const { responsesMs } = levelOf(queue, rate, { warmupS: WARMUP_S, everyS }, rng);
    over += responsesMs.filter((ms) => ms >= LIMIT_MS).length;
    of += responsesMs.length;
  }
  return over / of;
}

function peakOfLevels(queue: PeakQueue): number {
  let [low, high] = [50, 110];
  while (high - low > 0.05) {
    const middle = (low + high) / 2;
    if (shareOfLevels(queue, middle) > ALLOWED) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Mean service of the levels that the line was fitted to, milliseconds. */
function meanServiceMs(cell: CellResult): number {
  const fitted = (cell.peak?.levels ?? []).filter(({ stage }) => stage === 'fit').map(({ trial }) => trial);
  return mean(
    cell.trials.flatMap(({ index, verdict: { kind }, latency }) =>
      fitted.includes(index) && kind !== 'invalid' && latency.service.mean.value !== null
        ? [latency.service.mean.value]
        : [],
    ),
  );
}

/** Prints one search; its estimate beside the truth of a queue with services as long as they were. */
function told({ cells: [cell], verdict }: Benchmarks): { value: number; low: number; high: number; truth: number } {
  if (cell?.peak?.rate.value == null) throw new Error('no peak was found');
  const { rate, ending, binding, why, levels } = cell.peak;
  const steals = cell.trials.map(({ host }) => host.steal ?? 0);
  const serviceMs = meanServiceMs(cell);
  const truth = peakOfLevels({ ...QUEUE, serviceMs });
  console.log(`found     ${JSON.stringify(rate)}`);
  console.log(`          ${ending}, binding ${binding}, ${why ?? 'confirmed'}; verdict ${verdict.kind}`);
  console.log(
    `          truth ${truth.toFixed(2)}/s with services of ${serviceMs.toFixed(2)} ms, their mean around the estimate`,
  );
  console.log(
    `levels    ${levels.length}, attempts ${cell.trials.length}, steal ${(100 * mean(steals)).toFixed(2)} % in the mean, ${(100 * Math.max(...steals)).toFixed(1)} % at most`,
  );
  for (const { stage, rate: offered, shares } of levels) {
    const [over] = shares;
    console.log(
      `  ${stage.padEnd(8)} ${offered.toFixed(2).padStart(7)}/s  ${over === undefined ? '-' : `${over.over} of ${over.of} over`}`,
    );
  }
  return { value: rate.value, low: rate.low ?? Number.NaN, high: rate.high ?? Number.NaN, truth };
}

const stationary = truePeak(QUEUE, LIMIT_MS, ALLOWED, () => stream('1', 'truth'));
console.log(
  `true peak ${stationary.toFixed(2)}/s stationary, ${peakOfLevels(QUEUE).toFixed(2)}/s over levels of ${everyS} s`,
);
const results = await Promise.all(Array.from({ length: searches }, (_, i) => found(FIRST_SEED + i)));
const estimates = results.map(told);
const holding = estimates.filter(({ low, high, truth }) => low <= truth && truth <= high).length;
const bias = mean(estimates.map(({ value, truth }) => value / truth - 1));
console.log(`${holding} of ${searches} intervals hold their truth, bias ${(100 * bias).toFixed(2)} %`);
