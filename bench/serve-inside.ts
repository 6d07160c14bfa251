/**
 * One endpoint of ours as the target `serve` starts it for a trial, and started by hand: fresh before the trial, and running
 * since the first one. One schedule, one trial of each a round, in turns. Service times in the first and in the second half of
 * the trial tell a slower endpoint from one whose code is still cold.
 * Usage: node bench/serve-inside.ts [rounds, default 5] [seconds each, default 8] [rate, default 100]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stageReferenceModel } from '../src/models/stage.ts';
import type { Benchmarks } from '../src/verdict/result.ts';
import type { TrialResult } from '../src/verdict/trial-result.ts';
import { median } from './support/forked-runner.ts';

const rounds = Number(process.argv[2] ?? 5);
const forS = Number(process.argv[3] ?? 8);
const rate = Number(process.argv[4] ?? 100);
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loadcell-serve-inside-'));
const { path: model } = await stageReferenceModel('tiny-mlp', folder, fs);

interface Outside {
  readonly url: string;
  readonly process: ChildProcess;
}

async function outside(): Promise<Outside> {
  const args = [bin, 'serve', model, '--name', 'm', '--http', '127.0.0.1:0', '--grpc', 'none', '--log-level', 'error'];
  const child = spawn(process.execPath, [...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: (JSON.parse(line) as { http: string }).http, process: child };
}

async function end({ process: child }: Outside): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** The targets of a round in an order of its own. */
function campaign(round: number, aged: Outside, fresh: Outside): string {
  const at = (url: string): string => `http: { url: "http://${url}", model: m, protocol: oip-binary, connections: 8 }`;
  const targets = [
    `inside: { serve: { model: tiny-mlp, protocol: oip-binary, connections: 8 } }`,
    `fresh: { ${at(fresh.url)} }`,
    `aged: { ${at(aged.url)} }`,
  ];
  const turned = targets.map((_, i) => targets[(i + round) % targets.length]);
  return `name: inside
targets:
${turned.map((target) => `  ${target}`).join('\n')}
scenarios:
  load:
    phases:
      - { name: early, rate: ${rate}/s, for: ${forS / 2}s }
      - { name: late, rate: ${rate}/s, for: ${forS / 2}s }
    arrivals: uniform
objectives: [errors < 50%]
warmup: 0s
`;
}

/** Milliseconds of one phase of one trial. */
interface Took {
  readonly p50: number;
  readonly p95: number;
  /** The endpoint's own word, of the same requests. */
  readonly serverP50: number;
}

const tookIn = (trial: TrialResult): readonly (readonly [string, Took])[] =>
  trial.phases.map(({ name, latency: { service, parts } }) => [
    name,
    {
      p50: service.p50.value ?? Number.NaN,
      p95: service.p95.value ?? Number.NaN,
      serverP50: parts?.server?.p50.value ?? Number.NaN,
    },
  ]);

const shown = (all: readonly Took[], of: keyof Took): string => {
  const values = all.map((took) => took[of]);
  return `${median(values).toFixed(3)} [${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)}]`;
};

const seen = new Map<string, Took[]>();
const aged = await outside();
try {
  for (let round = 0; round < rounds; round++) {
    const fresh = await outside();
    const here = mkdtempSync(join(folder, 'round-'));
    writeFileSync(join(here, 'inside.yaml'), campaign(round, aged, fresh));
    const run = spawn(process.execPath, [bin, 'run', 'inside.yaml', '--quiet'], {
      cwd: here,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await once(run, 'close');
    await end(fresh);
    const [id = ''] = readdirSync(join(here, 'results'));
    const { cells } = JSON.parse(readFileSync(join(here, 'results', id, 'benchmarks.json'), 'utf8')) as Benchmarks;
    for (const { target, trials } of cells) {
      for (const [phase, took] of trials.flatMap(tookIn)) {
        const key = `${target}, ${phase}`;
        seen.set(key, [...(seen.get(key) ?? []), took]);
      }
    }
  }
  console.log(`tiny-mlp at ${rate}/s, ${rounds} rounds, medians [lowest to highest], service times in ms:`);
  for (const [key, all] of [...seen].toSorted(([a], [b]) => a.localeCompare(b)))
    console.log(
      `  ${key.padEnd(15)} P50 ${shown(all, 'p50')}, P95 ${shown(all, 'p95')}; the endpoint's own P50 ${shown(all, 'serverP50')}`,
    );
} finally {
  await end(aged);
  rmSync(folder, { recursive: true, force: true });
}
