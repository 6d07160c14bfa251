/**
 * What the GPU sampler costs: CPU and lateness of its process with eight GPUs every 200 ms, through a libnvidia-ml without
 * hardware, so that what is counted is the sampler's own.
 * Then P99 of in-process trials with the sampler on and off, in turns on the same machine, against the scatter of those without:
 * of a small vision model, and of one that answers within a tenth of a millisecond, beside which nothing goes unseen.
 *
 * Usage: node bench/sampler.ts [seconds of sampling, default 20] [pairs of trials, default 4; 0: none]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NodeSampler } from '../src/agent/sampler-process.ts';
import type { Benchmarks } from '../src/verdict/result.ts';
import type { SamplerCost } from '../src/wire/telemetry-codec.ts';
import { NvmlStub } from '../test/support/nvml-stub.ts';

const seconds = Number(process.argv[2] ?? 20);
const pairs = Number(process.argv[3] ?? 4);
const entry = fileURLToPath(new URL('../src/agent/sampler/main.ts', import.meta.url));
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));

/** The sampler's own account, without its first seconds: loading is no sampling. */
async function costs(stub: NvmlStub): Promise<readonly SamplerCost[]> {
  const found: SamplerCost[] = [];
  const source = { spawn, entry, env: { ...process.env, ...stub.env }, nowNs: () => Number(process.hrtime.bigint()) };
  const orders = { sources: ['nvml'] as const, fastMs: 200, dcgm: [], pages: [], processes: [] };
  await new Promise<void>((resolve, reject) => {
    const sampler = new NodeSampler(source, orders, {
      onBlock: ({ cost }) => {
        if (cost !== null) found.push(cost);
        if (found.length < seconds + 3) return;
        sampler.close();
        resolve();
      },
      onGap: (_from, _to, { message }) => {
        sampler.close();
        reject(new Error(message));
      },
    });
  });
  return found.slice(3);
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const sd = (values: readonly number[]): number => {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / Math.max(1, values.length - 1));
};

for (const [kind, gpus] of [
  ['a100', 8],
  ['h100', 8],
  ['a100-mig', 8],
] as const) {
  const stub = new NvmlStub(kind, gpus);
  const found = await costs(stub);
  stub.remove();
  const wallS = sum(found.map((cost) => cost.wallS));
  const lateP99Ms = found.map(({ lateP99Ns }) => lateP99Ns / 1e6).sort((a, b) => a - b);
  console.log(
    `${gpus} x ${kind} every 200 ms: ${percent(sum(found.map(({ cpuS }) => cpuS)) / wallS)} of a core, ` +
      `${(sum(found.map(({ ticks }) => ticks)) / wallS).toFixed(1)} ticks/s, late P99 of a second ` +
      `${lateP99Ms[Math.floor(lateP99Ms.length / 2)]?.toFixed(2)} ms at the median, ${lateP99Ms.at(-1)?.toFixed(2)} ms at most`,
  );
}

interface Load {
  readonly model: string;
  readonly rate: number;
}

const campaign = ({ model, rate }: Load, gpu: string): string => `
name: sampled
targets: { one: { onnx: { model: ${model} } } }
scenarios: { load: { load: { rate: ${rate}/s, for: 20s } } }
objectives: []
warmup: 2s
seed: 7
telemetry: { gpu: ${gpu} }
`;

/** P99 of the response of one trial, ms. */
async function trialP99(load: Load, gpu: string, env: Readonly<Record<string, string>>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'loadcell-sampler-'));
  writeFileSync(join(folder, 'campaign.yaml'), campaign(load, gpu));
  const child = spawn(process.execPath, [bin, 'run', 'campaign.yaml', '--quiet'], {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  await new Promise((resolve) => child.once('close', resolve));
  const [run = ''] = readdirSync(join(folder, 'results'));
  const text = readFileSync(join(folder, 'results', run, 'benchmarks.json'), 'utf8');
  rmSync(folder, { recursive: true, force: true });
  return (JSON.parse(text) as Benchmarks).cells[0]?.trials[0]?.latency.response.p99.value ?? Number.NaN;
}

async function effect(load: Load): Promise<void> {
  const stub = new NvmlStub('a100', 8);
  const on: number[] = [];
  const off: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const turns = pair % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const);
    for (const turn of turns) {
      if (turn === 'on') on.push(await trialP99(load, '{ every: 200ms }', stub.env));
      else off.push(await trialP99(load, 'off', stub.env));
    }
  }
  stub.remove();
  const ratios = on.map((p99, place) => Math.log(p99 / (off[place] ?? p99)));
  const shown = (p99s: readonly number[]): string => p99s.map((ms) => ms.toFixed(2)).join(', ');
  console.log(
    `${load.model} at ${load.rate}/s: P99 with the sampler ${shown(on)} ms; without ${shown(off)} ms\n` +
      `  shift ${percent(Math.exp(sum(ratios) / pairs) - 1)}, standard error ${percent(sd(ratios) / Math.sqrt(pairs))}; ` +
      `scatter of one trial without it ${percent(sd(off.map(Math.log)))}: what is below that is noise`,
  );
}

if (pairs > 0) {
  await effect({ model: 'mobilenet-v2-0.5-128', rate: 50 });
  await effect({ model: 'tiny-mlp', rate: 200 });
}
