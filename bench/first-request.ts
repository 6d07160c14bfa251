/**
 * From the command to the first measured request: `loadcell run` of a null target and of a model, with a calibration at
 * hand, against k6's own start to its first request where k6 is on PATH. Prints medians of several runs.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmarks } from '../src/verdict/result.ts';

const RUNS = Number(process.argv[2] ?? 7);
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));

const campaign = (target: string): string => `name: first
targets: { t: { ${target} } }
scenarios: { load: { load: { rate: 100/s, for: 1s }, arrivals: uniform } }
objectives: []
fleet: { engine: local, agents: 1, pacing: lowCpu }
warmup: 0s
seed: 1
`;

/** Seconds from the command to the trial's instant 0, at which the first request of a uniform schedule is intended. */
function once(target: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-first-'));
  try {
    writeFileSync(join(folder, 'c.yaml'), campaign(target));
    const begun = Date.now();
    const { status, stderr } = spawnSync(process.execPath, [bin, 'run', 'c.yaml', '--quiet'], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (status !== 0 && status !== 13) throw new Error(`exit ${status}: ${stderr}`);
    const [run = ''] = readdirSync(join(folder, 'results'));
    const text = readFileSync(join(folder, 'results', run, 'benchmarks.json'), 'utf8');
    const [trial] = (JSON.parse(text) as Benchmarks).cells[0]?.trials ?? [];
    return (Date.parse(trial?.startedAt ?? '') - begun) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const targets = {
  null: 'null: {}',
  'tiny-mlp': 'onnx: { model: tiny-mlp }',
  'mobilenet-v2-1.0-128': 'onnx: { model: mobilenet-v2-1.0-128 }',
};
const found = new Map(Object.keys(targets).map((name) => [name, [] as number[]]));
for (const target of Object.values(targets)) once(target); // calibration, models and compile cache
for (let run = 0; run < RUNS; run++) {
  for (const [name, target] of Object.entries(targets)) found.get(name)?.push(once(target));
}
console.log(`command to first measured request, seconds, ${RUNS} runs each, interleaved`);
for (const [name, values] of found) {
  console.log(
    `${name.padEnd(24)} median ${median(values).toFixed(2)}  min ${Math.min(...values).toFixed(2)}  max ${Math.max(...values).toFixed(2)}`,
  );
}
