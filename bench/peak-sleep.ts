/**
 * The maximum rate of a target whose capacity is known, found by the real command in real time: sleeps on four workers
 * behind one queue (M/D/4) under a limit on P95. What one request keeps a place busy for is seen first, at twice the
 * capacity: its sleep and the turn to the next one. The truth is that of the same queue on a virtual clock: stationary;
 * over levels as they are offered, from empty through their warm-up; and over such levels with services as long as they
 * were in the mean, since a busy machine lengthens every one of them. Several searches, each with a seed of its own, may
 * stand side by side: a place that sleeps needs little CPU time, and together they tell the bias and how often the interval
 * holds the truth. Services that were longer than their sleep by more than half a percent in the mean were so at some levels
 * and not at others: such a target has no known capacity, and its search counts apart. About a quarter of an hour; what the
 * machine's host took of the CPU time meanwhile is printed beside it.
 *
 * node bench/peak-sleep.ts [seconds of a level] [searches side by side] [ms of a sleep] [ms of the limit] [first seed]
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
const sleepMs = Number(process.argv[4] ?? 16);
const limitMs = Number(process.argv[5] ?? 40);
const firstSeed = Number(process.argv[6] ?? 20261128);
const WARMUP_S = 5;
const FULL_S = 20;
const ALLOWED = 0.05;
/** Services longer than the sleep by more than this share: the target is not the known one. */
const KNOWN_WITHIN = 0.005;
const QUEUE: PeakQueue = { law: 'M/D/c', places: 4, serviceMs: sleepMs };
const capacity = (1000 * QUEUE.places) / sleepMs;

const campaign = (name: string, scenario: string, warmupS: number, seed: number) => `name: ${name}
targets: { sleeper: { sleep: { constant: ${sleepMs}ms } } }
scenarios: { most: ${scenario} }
objectives: [response.p95 < ${limitMs}ms, errors < 5%]
fleet: { engine: local, agents: 1, workers: ${QUEUE.places}, pacing: precise }
retryInvalid: 10
warmup: ${warmupS}s
drain: ${2 * FULL_S}s
timeout: ${4 * FULL_S}s
seed: ${seed}
`;
const search = (seed: number) =>
  campaign(
    'known-peak',
    `{ peak: { from: ${Math.round(capacity / 5)}/s, until: ${Math.round(1.6 * capacity)}/s, every: ${everyS}s } }`,
    WARMUP_S,
    seed,
  );
const full = (seed: number) =>
  campaign('known-capacity', `{ load: { rate: ${2 * capacity}/s, for: ${FULL_S}s } }`, 0, seed);

/** Runs a campaign by the real command; what it wrote to stderr is the error where it left no result. */
async function resultOf(campaignText: string): Promise<Benchmarks> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-peak-'));
  try {
    writeFileSync(join(folder, 'c.yaml'), campaignText);
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

/** What one request keeps a place busy for beyond its service, milliseconds: from four places that never wait for one. */
async function turnMs(): Promise<number> {
  const { cells } = await resultOf(full(firstSeed));
  const trial = cells[0]?.trials.find(({ verdict: { kind } }) => kind !== 'invalid');
  const serviceMs = trial?.latency.service.p50.value;
  if (trial === undefined || serviceMs == null) throw new Error('no level at twice the capacity was valid');
  const busyMs = (1000 * QUEUE.places) / trial.rates.achieved;
  console.log(
    `capacity  ${trial.rates.achieved.toFixed(2)}/s of ${capacity.toFixed(2)}/s: a place is busy for ${busyMs.toFixed(3)} ms a request, ${serviceMs.toFixed(3)} ms of them its service (median)`,
  );
  return busyMs - serviceMs;
}

/** Share over the limit of many levels as they are offered, where `turn` milliseconds pass between services of a place. */
function shareOfLevels({ serviceMs, ...queue }: PeakQueue, turn: number, rate: number): number {
  const rng = stream('1', `levels/${rate}`);
  let over = 0;
  let of = 0;
  for (let i = 0; i < 2000; i++) {
    const busy = { ...queue, serviceMs: serviceMs + turn };
    const { responsesMs } = levelOf(busy, rate, { warmupS: WARMUP_S, everyS }, rng);
    over += responsesMs.filter((ms) => ms - turn >= limitMs).length;
    of += responsesMs.length;
  }
  return over / of;
}

function peakOfLevels(queue: PeakQueue, turn: number): number {
  let [low, high] = [0.5 * capacity, 1.1 * capacity];
  while (high - low > 0.0005 * capacity) {
    const middle = (low + high) / 2;
    if (shareOfLevels(queue, turn, middle) > ALLOWED) high = middle;
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

interface Found {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly truth: number;
  /** Whether the target was the known one: its services no longer than they should be. */
  readonly known: boolean;
}

/** Prints one search; its estimate beside the truth of a queue with services as long as they were. */
function told({ cells: [cell], verdict }: Benchmarks, turn: number): Found {
  if (cell?.peak?.rate.value == null) throw new Error('no peak was found');
  const { rate, ending, binding, why, levels } = cell.peak;
  const steals = cell.trials.map(({ host }) => host.steal ?? 0);
  const serviceMs = meanServiceMs(cell);
  const truth = peakOfLevels({ ...QUEUE, serviceMs }, turn);
  const known = serviceMs <= (1 + KNOWN_WITHIN) * sleepMs;
  console.log(`found     ${JSON.stringify(rate)}`);
  console.log(`          ${ending}, binding ${binding}, ${why ?? 'confirmed'}; verdict ${verdict.kind}`);
  console.log(
    `          truth ${truth.toFixed(2)}/s with services of ${serviceMs.toFixed(2)} ms, their mean around the estimate${known ? '' : ': not the known target'}`,
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
  return { value: rate.value, low: rate.low ?? Number.NaN, high: rate.high ?? Number.NaN, truth, known };
}

const turn = await turnMs();
const stationary = truePeak(QUEUE, limitMs, ALLOWED, () => stream('1', 'truth'));
console.log(
  `true peak ${stationary.toFixed(2)}/s stationary, ${peakOfLevels(QUEUE, 0).toFixed(2)}/s over levels of ${everyS} s, ${peakOfLevels(QUEUE, turn).toFixed(2)}/s with a turn of ${turn.toFixed(3)} ms`,
);
const results = await Promise.all(Array.from({ length: searches }, (_, i) => resultOf(search(firstSeed + i))));
const estimates = results.map((result) => told(result, turn));
for (const known of [true, false]) {
  const those = estimates.filter((estimate) => estimate.known === known);
  if (those.length === 0) continue;
  const holding = those.filter(({ low, high, truth }) => low <= truth && truth <= high).length;
  const bias = 100 * mean(those.map(({ value, truth }) => value / truth - 1));
  console.log(
    `${known ? 'the known target' : 'a disturbed target'}: ${holding} of ${those.length} intervals hold the truth, bias ${bias.toFixed(2)} %`,
  );
}
