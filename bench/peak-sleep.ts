/**
 * The maximum rate of a target whose capacity is known, found by the real command in real time: a sleep of 40 ms on four
 * workers behind one queue (M/D/4, 100/s at most) under `response.p95 < 200ms`. The truth is that of the same queue on a
 * virtual clock: stationary; over levels as they are offered, from empty through their warm-up; and over such levels with
 * services as long as they were in the mean, since a busy machine lengthens every one of them. About a quarter of an hour;
 * what the machine's host took of the CPU time meanwhile is printed beside it.
 *
 * node bench/peak-sleep.ts [seconds of a level]
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stream } from '../src/scenarios/rng.ts';
import type { Benchmarks } from '../src/verdict/result.ts';
import { levelOf, type PeakQueue, truePeak } from './support/queue-level.ts';

const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const everyS = Number(process.argv[2] ?? 20);
const WARMUP_S = 5;
const ALLOWED = 0.05;
const LIMIT_MS = 200;
const QUEUE: PeakQueue = { law: 'M/D/c', places: 4, serviceMs: 40 };

const CAMPAIGN = `name: known-peak
targets: { sleeper: { sleep: { constant: ${QUEUE.serviceMs}ms } } }
scenarios: { most: { peak: { from: 20/s, until: 160/s, every: ${everyS}s } } }
objectives: [response.p95 < ${LIMIT_MS}ms, errors < 5%]
fleet: { engine: local, agents: 1, workers: ${QUEUE.places}, pacing: precise }
retryInvalid: 10
warmup: ${WARMUP_S}s
drain: 5s
seed: 20261128
`;

function found(): Benchmarks {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-peak-'));
  try {
    writeFileSync(join(folder, 'c.yaml'), CAMPAIGN);
    const { stderr } = spawnSync(process.execPath, [bin, 'run', 'c.yaml', '--quiet'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const [id] = readdirSync(join(folder, 'results'));
    const result = join(folder, 'results', id ?? '', 'benchmarks.json');
    if (id === undefined || !existsSync(result)) throw new Error(stderr);
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

const stationary = truePeak(QUEUE, LIMIT_MS, ALLOWED, () => stream('1', 'truth'));
const ofLevels = peakOfLevels(QUEUE);
const { cells, verdict } = found();
const [cell] = cells;
const steals = (cell?.trials ?? []).map(({ host }) => host.steal ?? 0);
const meanSteal = steals.reduce((sum, steal) => sum + steal, 0) / Math.max(1, steals.length);
/** Mean service of the levels that the line was fitted to, milliseconds. */
const fitted = (cell?.peak?.levels ?? []).filter(({ stage }) => stage === 'fit').map(({ trial }) => trial);
const services = (cell?.trials ?? []).flatMap(({ index, verdict: { kind }, latency }) =>
  fitted.includes(index) && kind !== 'invalid' && latency.service.mean.value !== null
    ? [latency.service.mean.value]
    : [],
);
const serviceMs = services.reduce((sum, ms) => sum + ms, 0) / Math.max(1, services.length);
const { rate, ending, binding, why } = cell?.peak ?? {};
console.log(`true peak ${stationary.toFixed(2)}/s stationary, ${ofLevels.toFixed(2)}/s over levels of ${everyS} s`);
console.log(
  `          ${peakOfLevels({ ...QUEUE, serviceMs }).toFixed(2)}/s with services of ${serviceMs.toFixed(2)} ms, their mean around the estimate`,
);
console.log(`found     ${JSON.stringify(rate)}`);
console.log(`          ${ending}, binding ${binding}, ${why ?? 'confirmed'}; verdict ${verdict.kind}`);
console.log(
  `levels    ${cell?.peak?.levels.length}, attempts ${cell?.trials.length}, steal ${(100 * meanSteal).toFixed(2)} % in the mean, ${(100 * Math.max(...steals)).toFixed(1)} % at most`,
);
for (const { stage, rate: offered, shares } of cell?.peak?.levels ?? []) {
  const [over] = shares;
  console.log(
    `  ${stage.padEnd(8)} ${offered.toFixed(2).padStart(7)}/s  ${over === undefined ? '-' : `${over.over} of ${over.of} over`}`,
  );
}
