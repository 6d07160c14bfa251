/**
 * A pool of a million records, as .npy, raw and JSON lines, against random inputs of the same model: from the command to
 * the first measured request, with a file that was never seen and again, and the highest resident memory of the process that runs the model. Then
 * what laying a sample ready costs, outside the measured time. Records are rows of 32 float32, drawn at random places.
 *
 * Usage: node bench/sample-pool.ts [records, default 1000000] [rounds, default 3] [folder for the files]
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stream } from '../src/scenarios/rng.ts';
import { openPool } from '../src/targets/samples/pool.ts';
import { stageSamples } from '../src/targets/samples/staging.ts';
import type { Benchmarks } from '../src/verdict/result.ts';

const records = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 3);
const folder = resolve(process.argv[4] ?? mkdtempSync(join(tmpdir(), 'loadcell-pool-')));
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const WIDTH = 32;
const PIECE = 10_000;
const LAID = 50_000;
const FORMS = ['npy', 'raw', 'jsonl'] as const;
type Form = (typeof FORMS)[number];

/** Writes the same records in every form. */
function writeRecords(): void {
  mkdirSync(folder, { recursive: true });
  if (FORMS.every((form) => existsSync(join(folder, `x.${form}`)))) return;
  const files = FORMS.map((form) => [form, openSync(join(folder, `x.${form}`), 'w')] as const);
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${records}, ${WIDTH}), }`.padEnd(117);
  writeSync(
    files[0]?.[1] ?? -1,
    Buffer.concat([Buffer.from('934e554d50590100', 'hex'), Buffer.of(118, 0), Buffer.from(`${header}\n`)]),
  );
  const rng = stream('1', 'pool');
  for (let at = 0; at < records; at += PIECE) {
    const rows = Math.min(PIECE, records - at);
    const values = Float32Array.from({ length: rows * WIDTH }, () => Math.round(rng.next() * 1e4) / 1e4);
    const lines = Array.from({ length: rows }, (_, row) =>
      JSON.stringify(Array.from(values.subarray(row * WIDTH, (row + 1) * WIDTH), (value) => Number(value.toFixed(4)))),
    );
    for (const [form, file] of files) {
      if (form === 'jsonl') writeSync(file, `${lines.join('\n')}\n`);
      else writeSync(file, Buffer.from(values.buffer));
    }
  }
  for (const [, file] of files) closeSync(file);
}

const campaign = (inputs: string): string => `name: pool
targets: { t: { onnx: { model: tiny-mlp, inputs: ${inputs} } } }
scenarios: { load: { load: { rate: 1000/s, for: 5s }, arrivals: uniform } }
objectives: []
fleet: { engine: local, agents: 1, pacing: lowCpu }
warmup: 0s
seed: 1
`;

interface Seen {
  readonly firstS: number;
  readonly serviceMs: number | null;
  readonly lagMs: number | null;
  readonly rssMiB: number;
}

/** Runs once. The clock begins with the command; the first request of a uniform schedule is intended at instant 0. */
function once(inputs: string, cache: string): Seen {
  writeFileSync(join(folder, 'c.yaml'), campaign(inputs));
  const results = mkdtempSync(join(tmpdir(), 'loadcell-pool-results-'));
  const begun = Date.now();
  const { status, stderr } = spawnSync(process.execPath, [bin, 'run', 'c.yaml', '--quiet', '--results', results], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: cache },
  });
  if (status !== 0 && status !== 13) throw new Error(`exit ${status}: ${stderr}`);
  const [run = ''] = readdirSync(results);
  const benchmarks = JSON.parse(readFileSync(join(results, run, 'benchmarks.json'), 'utf8')) as Benchmarks;
  const [trial] = benchmarks.cells[0]?.trials ?? [];
  rmSync(results, { recursive: true, force: true });
  return {
    firstS: (Date.parse(trial?.startedAt ?? '') - begun) / 1000,
    serviceMs: trial?.latency.service.p50?.value ?? null,
    lagMs: trial?.latency.lag.p50?.value ?? null,
    rssMiB: (trial?.host.rssBytes ?? Number.NaN) / 2 ** 20,
  };
}

interface Laid {
  /** Processor time of a first and of another look at the file, milliseconds. */
  readonly stagedMs: number;
  readonly foundMs: number;
  /** Microseconds to lay one sample ready, the mean over many at random places. */
  readonly layUs: number;
}

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
};

async function laid(form: Form): Promise<Laid> {
  const cache = mkdtempSync(join(tmpdir(), 'loadcell-pool-cache-'));
  const path = join(folder, `x.${form}`);
  const before = process.cpuUsage();
  const digest = await stageSamples(form, path, cache);
  const stagedMs = cpuMs(before);
  const between = process.cpuUsage();
  await stageSamples(form, path, cache);
  const foundMs = cpuMs(between);
  const file = { path, ...digest, cache };
  const spec = form === 'jsonl' ? ({ kind: form, file } as const) : ({ kind: form, file, input: null } as const);
  const pool = await openPool(spec, [{ name: 'input', type: 'float32', dims: [1, WIDTH], rows: null }], 1);
  const rng = stream('2', 'pool');
  const lay = (times: number): void => {
    for (let i = 0; i < times; i++) pool.lay(Math.floor(rng.next() * records));
  };
  lay(1000);
  const begun = process.cpuUsage();
  lay(LAID);
  const layUs = (cpuMs(begun) * 1000) / LAID;
  pool.close();
  rmSync(cache, { recursive: true, force: true });
  return { stagedMs, foundMs, layUs };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

writeRecords();
const cache = mkdtempSync(join(tmpdir(), 'loadcell-pool-cache-'));
once('{ random: {} }', cache); // calibration, the model and the compile cache
const seen = new Map<string, Seen[]>();
const note = (name: string, inputs: string): void => {
  seen.set(name, [...(seen.get(name) ?? []), once(inputs, cache)]);
};
for (let round = 0; round < rounds; round++) {
  note('random', '{ random: {} }');
  for (const form of FORMS) {
    rmSync(join(cache, 'loadcell', 'files'), { recursive: true, force: true });
    note(`${form}, never seen`, `{ ${form}: { file: x.${form} } }`);
    note(`${form}, again`, `{ ${form}: { file: x.${form} } }`);
  }
}
console.log(`${records} records of ${WIDTH} float32, medians of ${rounds} rounds, each form once in each`);
console.log('wanted: first request within 2 s of the command, memory below 200 MiB over that with random inputs');
const memory = (runs: readonly Seen[]): number => Math.max(...runs.map(({ rssMiB }) => rssMiB));
const plain = memory(seen.get('random') ?? []);
for (const [name, runs] of seen) {
  const of = (field: 'firstS' | 'serviceMs' | 'lagMs'): string =>
    median(runs.map((run) => run[field] ?? Number.NaN)).toFixed(3);
  const over = (memory(runs) - plain).toFixed(0);
  console.log(
    `${name.padEnd(18)} first request after ${of('firstS')} s (least ${Math.min(...runs.map(({ firstS }) => firstS)).toFixed(2)}), service P50 ${of('serviceMs')} ms, lag P50 ${of('lagMs')} ms, memory ${over} MiB over random`,
  );
}
for (const form of FORMS) {
  const { stagedMs, foundMs, layUs } = await laid(form);
  console.log(
    `${form.padEnd(6)} processor time: first look ${stagedMs.toFixed(0)} ms, another ${foundMs.toFixed(1)} ms, each sample laid ready ${layUs.toFixed(1)} µs`,
  );
}
rmSync(cache, { recursive: true, force: true });
if (process.argv[4] === undefined) rmSync(folder, { recursive: true, force: true });
