/**
 * Whole runs with answers that are known: a stall of 3 s (analytic percentiles, whatever the number of workers) and a
 * single queue with constant service (Lindley's recursion on the plan's own arrivals; Pollaczek-Khinchine mean). Runs the
 * real command with real time, about four minutes; `node bench/known-answers.ts stall|queue` runs one of them.
 *
 * A machine whose host takes CPU time away makes single services and turns between them longer, and the queue multiplies
 * that. So three truths stand beside what was observed: the recursion with 4 ms throughout; "as served", the recursion
 * with the services that really took place, by the target's own clock (`support/witness.ts`); "as ended", the very ends
 * that this clock saw. Between the last and what was observed lies nothing but the measurement.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../src/campaign/plan.ts';
import { fleetArrivals } from '../src/scenarios/schedule.ts';
import type { Benchmarks } from '../src/verdict/result.ts';
import type { TrialResult } from '../src/verdict/trial-result.ts';

const witness = new URL('./support/witness.ts', import.meta.url).href;
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));

interface Found {
  readonly benchmarks: Benchmarks;
  readonly plan: Plan;
  /**
   * Of every thread that served, calibration's among them: start and end of every request by the target's clock,
   * nanoseconds.
   */
  readonly served: readonly Float64Array[];
}

function servedIn(folder: string): Float64Array[] {
  const files = readdirSync(folder).filter((name) => name.startsWith('services.'));
  return files.toSorted().map((name) => new Float64Array(new Uint8Array(readFileSync(join(folder, name))).buffer));
}

function run(campaign: string): Found {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-known-'));
  try {
    writeFileSync(join(folder, 'c.yaml'), campaign);
    const { stderr } = spawnSync(process.execPath, [bin, 'run', 'c.yaml', '--quiet'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: `--import ${witness}`, LOADCELL_BENCH_WITNESS: join(folder, 'services') },
    });
    const [id] = readdirSync(join(folder, 'results'));
    if (id === undefined) throw new Error(stderr);
    const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, 'results', id, name), 'utf8'));
    return {
      benchmarks: read('benchmarks.json') as Benchmarks,
      plan: read('plan.json') as Plan,
      served: servedIn(folder),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const percent = (observed: number, expected: number): string => {
  const error = (100 * (observed - expected)) / expected;
  return `${error >= 0 ? '+' : ''}${error.toFixed(2)} %`;
};
const ms = (value: number): string => value.toFixed(3).padStart(9);

function line(what: string, observed: number, expected: number, source: string): void {
  console.log(
    `  ${what.padEnd(22)} observed ${ms(observed)} ms   ${source} ${ms(expected)} ms   ${percent(observed, expected)}`,
  );
}

function stall(): void {
  const { benchmarks } = run(`name: stall
targets: { stalling: { sleep: { stall: { at: 10s, for: 3s, otherwise: 0ms } } } }
scenarios: { steady: { load: { rate: 200/s, for: 20s }, arrivals: uniform } }
objectives: [response.p95 < 100ms, errors < 1%]
vary: { workers: [1, 8, 64] }
fleet: { engine: local, agents: 1, pacing: precise }
warmup: 0s
drain: 10s
timeout: 30s
seed: 1
`);
  for (const cell of benchmarks.cells) {
    const [trial] = cell.trials;
    const { scheduled, ok } = trial?.accounting ?? { scheduled: 0, ok: 0 };
    console.log(
      `stall ${cell.id}: ${ok} of ${scheduled} ok, verdict ${cell.verdict.kind}, lag P99 ${trial?.latency.lag.p99.value} ms`,
    );
    for (const [figure, expected] of [
      ['p90', 1000],
      ['p95', 2000],
      ['p99', 2800],
      ['max', 3000],
    ] as const) {
      line(figure, trial?.latency.response[figure].value ?? Number.NaN, expected, 'analytic');
    }
  }
}

const SERVICE_MS = 4;

function queue(): void {
  const { benchmarks, plan, served } = run(`name: queue
targets: { server: { sleep: { constant: 4ms } } }
scenarios:
  half: { load: { rate: 125/s, for: 60s } }
  busy: { load: { rate: 200/s, for: 60s } }
objectives: [response.p95 < 100ms, errors < 1%]
fleet: { engine: local, agents: 1, workers: 1, pacing: precise }
warmup: 2s
seed: 20260101
`);
  for (const [index, cell] of benchmarks.cells.entries()) {
    const [trial] = cell.trials;
    const planned = plan.cells[index];
    if (trial === undefined || planned === undefined) continue;
    const expected = lindley(plan, planned, () => SERVICE_MS);
    const requests = arrivalsOf(plan, planned);
    const seen = served.find(({ length }) => length === 2 * requests) ?? new Float64Array();
    const asServed = lindley(plan, planned, (i) => (at(seen, 2 * i + 1) - at(seen, 2 * i)) / 1e6);
    const asCompleted = completed(plan, planned, seen);
    const load = planned.scenario === 'half' ? 0.5 : 0.8;
    const khinchine = SERVICE_MS + (load * SERVICE_MS) / (2 * (1 - load));
    console.log(
      `queue ${cell.id} at ${100 * load} % load: ${trial.accounting.ok} ok, verdict ${cell.verdict.kind}, lag P99 ${trial.latency.lag.p99.value} ms`,
    );
    print(trial, expected, khinchine);
    const { mean, p95 } = trial.latency.response;
    line('mean', mean.value ?? Number.NaN, asServed.mean, 'as served');
    line('P95', p95.value ?? Number.NaN, asServed.p95, 'as served');
    line('mean', mean.value ?? Number.NaN, asCompleted.mean, 'as ended ');
    line('P95', p95.value ?? Number.NaN, asCompleted.p95, 'as ended ');
  }
}

function print(trial: TrialResult, expected: Answer, khinchine: number): void {
  line('mean', trial.latency.response.mean.value ?? Number.NaN, expected.mean, 'Lindley  ');
  line('P95', trial.latency.response.p95.value ?? Number.NaN, expected.p95, 'Lindley  ');
  line('mean', trial.latency.response.mean.value ?? Number.NaN, khinchine, 'P.-K.    ');
  line('service P50', trial.latency.service.p50.value ?? Number.NaN, SERVICE_MS, 'known    ');
  line('service mean', trial.latency.service.mean.value ?? Number.NaN, SERVICE_MS, 'known    ');
  const { lag } = trial.latency;
  console.log(
    `  lag mean ${lag.mean.value} ms, P99.9 ${lag['p99.9'].value} ms; steal ${trial.host.steal} of the CPU time`,
  );
}

interface Answer {
  readonly mean: number;
  readonly p95: number;
}

const at = (values: Float64Array, index: number): number => values[index] ?? Number.NaN;

/**
 * From intended start to the end that the target's own clock saw. Zero of the schedule is taken from the request that
 * began soonest after its intended start.
 */
function completed({ seed }: Plan, cell: Plan['cells'][number], served: Float64Array): Answer {
  const late: number[] = [];
  const ends: number[] = [];
  const cursor = fleetArrivals(cell.phases, { seed, scenario: cell.scenario, trial: 1 });
  for (let index = 0; cursor.next(); index++) {
    late.push(at(served, 2 * index) - cursor.atNs);
    if (cell.phases[cursor.phase]?.purpose === 'measure') ends.push(at(served, 2 * index + 1) - cursor.atNs);
  }
  const zero = late.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  return answerOf(ends.map((end) => (end - zero) / 1e6));
}

/** Requests of warm-up and measure phases together. */
function arrivalsOf({ seed }: Plan, cell: Plan['cells'][number]): number {
  const cursor = fleetArrivals(cell.phases, { seed, scenario: cell.scenario, trial: 1 });
  let requests = 0;
  while (cursor.next()) requests++;
  return requests;
}

/** wait' = max(0, wait + service - gap), over warm-up and measure phases; figures of the measure phases. */
function lindley({ seed }: Plan, cell: Plan['cells'][number], serviceMs: (index: number) => number): Answer {
  const cursor = fleetArrivals(cell.phases, { seed, scenario: cell.scenario, trial: 1 });
  const responses: number[] = [];
  let freeAt = Number.NEGATIVE_INFINITY;
  for (let index = 0; cursor.next(); index++) {
    freeAt = Math.max(freeAt, cursor.atNs) + serviceMs(index) * 1e6;
    if (cell.phases[cursor.phase]?.purpose === 'measure') responses.push((freeAt - cursor.atNs) / 1e6);
  }
  return answerOf(responses);
}

const answerOf = (responses: readonly number[]): Answer => ({
  mean: responses.reduce((sum, value) => sum + value, 0) / responses.length,
  p95: responses.toSorted((a, b) => a - b)[Math.ceil(0.95 * responses.length) - 1] ?? Number.NaN,
});

const [which] = process.argv.slice(2);
if (which !== 'queue') stall();
if (which !== 'stall') queue();
