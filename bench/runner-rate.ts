// How much one agent serves: the highest rate against the null target with everything recorded, and the closed-loop
// rate of real models against a bare onnxruntime-node loop on as many threads, interleaved.
// Usage: node bench/runner-rate.ts [rounds, default 3] [seconds, default 4] [workers, default 1] [null|tiny-mlp|mobilenet-v2]
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type OnnxSpec, PLAIN_SESSION } from '../src/campaign/target-spec.ts';
import { inspectModel } from '../src/models/inspect.ts';
import { stageReferenceModel } from '../src/models/stage.ts';
import { bindInputs } from '../src/targets/onnx-shapes.ts';
import { ns } from '../src/time/ns.ts';
import { achievedIn, benchSpec, median, runTrial, uniform } from './support/forked-runner.ts';

const rounds = Number(process.argv[2] ?? 3);
const forS = Number(process.argv[3] ?? 4);
const workers = Number(process.argv[4] ?? 1);

/** Requests per second in the seconds between the first and the last. */
async function served(run: ReturnType<typeof runTrial>): Promise<number> {
  const ran = await run;
  const seconds = Array.from({ length: forS - 1 }, (_, i) => achievedIn(ran, i + 1));
  return seconds.reduce((sum, n) => sum + n, 0) / seconds.length;
}

const SAMPLES = 16;
const closed = { kind: 'closed', inFlight: workers, thinkNs: ns(0) } as const;

async function nullRates(): Promise<void> {
  const open: number[] = [];
  const inLoop: number[] = [];
  for (let round = 0; round < rounds; round++) {
    open.push(await served(runTrial(benchSpec(uniform(3_000_000, forS), forS, { workers }), forS)));
    inLoop.push(await served(runTrial(benchSpec(closed, forS, { workers }))));
  }
  console.log(`null target, ${workers} worker(s), medians of ${rounds}, per second:`);
  console.log(`  from the queue ${median(open).toFixed(0)} (wanted >= 200000), closed ${median(inLoop).toFixed(0)}`);
}

async function bareRate(model: string, spec: OnnxSpec): Promise<number> {
  const inputs = bindInputs(inspectModel(model).inputs, spec);
  const words = new Int32Array(new SharedArrayBuffer(4 * (2 + workers)));
  const file = new URL('./support/bare-loop.ts', import.meta.url);
  const threads = Array.from({ length: workers }, (_, index) => {
    return new Worker(file, { workerData: { model, inputs, samples: SAMPLES, shared: words.buffer, index } });
  });
  const ended = threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve)));
  while (Atomics.load(words, 1) < workers) await sleep(20);
  const answers = () => words.slice(2).reduce((sum, n) => sum + n, 0);
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await sleep(1000);
  const [from, before] = [performance.now(), answers()];
  await sleep((forS - 1) * 1000);
  const rate = ((answers() - before) * 1000) / (performance.now() - from);
  Atomics.store(words, 0, 0);
  await Promise.all(ended);
  return rate;
}

async function modelRates(name: string, wanted: number): Promise<void> {
  const staged = await stageReferenceModel(name, join(tmpdir(), 'loadcell-bench'), fs);
  const target: OnnxSpec = {
    kind: 'onnx',
    model: { kind: 'reference', name, path: staged.path, sha256: staged.sha256 },
    providers: ['cpu'],
    require: null,
    threads: 1,
    session: PLAIN_SESSION,
    batch: 1,
    bind: {},
    inputs: { kind: 'random', samples: SAMPLES },
  };
  const ratios: number[] = [];
  const rates: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    // Each goes first in every other round: what drifts with time favours neither.
    const first = round % 2 === 0 ? await bareRate(staged.path, target) : null;
    const ours = await served(runTrial(benchSpec(closed, forS, { workers, target })));
    const bare = first ?? (await bareRate(staged.path, target));
    rates.push([bare, ours]);
    ratios.push(ours / bare);
  }
  const [bare, ours] = [median(rates.map(([b]) => b)), median(rates.map(([, o]) => o))];
  const each = ratios.map((ratio) => ratio.toFixed(3)).join(' ');
  console.log(`${name}: bare loop ${bare.toFixed(1)}/s, loadcell ${ours.toFixed(1)}/s;`);
  console.log(`  ratio ${median(ratios).toFixed(3)} (wanted >= ${wanted}; each: ${each})`);
}

const only = process.argv[5];
if (only === undefined || only === 'null') await nullRates();
if (only === undefined || only === 'tiny-mlp') await modelRates('tiny-mlp', 0.95);
if (only === undefined || only === 'mobilenet-v2') await modelRates('mobilenet-v2', 0.99);
process.exit(0);
