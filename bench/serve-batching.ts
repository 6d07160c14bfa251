// What dynamic batching is worth on a model that gains from it (fully connected layers whose weights do not fit the cache):
// the highest rate of a ladder whose P95 of response time, from the intended start, stays below the limit, with and without
// batching. First, what both do for each second of CPU time with 32 connections kept busy, which other work on the machine
// does not blur. Rungs in turns, generator and server pinned to a core each; a rung that misses is tried once more.
// Usage: node bench/serve-batching.ts [rounds, default 3] [seconds a rung, default 4] [limit in ms,
// default 40 x the time of one request alone]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { encodeModel } from '../src/models/encode.ts';
import { GraphBuilder } from '../src/models/graph.ts';
import { LINEAR, linear, RECTIFIED, relu } from '../src/models/layers.ts';
import { exponential } from '../src/scenarios/exponential.ts';
import { stream } from '../src/scenarios/rng.ts';
import { median } from './support/forked-runner.ts';
import { inferBody } from './support/infer-body.ts';
import { cpuSecondsOf, endServers, pinGenerator, type Server, startLoadcell } from './support/served-process.ts';

const rounds = Number(process.argv[2] ?? 3);
const seconds = Number(process.argv[3] ?? 4);

const WIDTH = 2048;
const LAYERS = 4;
const FIRST_RATE = 60;
const USUAL_LIMIT = 40;
const ALONE = 20;
const STEP = 1.25;
const MOST_CONNECTIONS = 256;

function wideModel(): Iterable<Uint8Array> {
  const graph = new GraphBuilder('wide-mlp');
  let x = graph.input('input', 'float32', ['N', WIDTH]);
  for (let layer = 0; layer < LAYERS - 1; layer++)
    x = relu(graph, `relu.${layer}`, linear(graph, `layer.${layer}`, x, WIDTH, RECTIFIED));
  graph.output(linear(graph, 'last', x, WIDTH, LINEAR));
  return encodeModel(graph.finish(), '1').chunks();
}

const { path, headers, body } = inferBody(WIDTH);

/** P95 of response time of a Poisson stream, milliseconds; failures count as infinite. */
async function p95At({ port }: Server, rate: number, seed: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
  const rng = stream(seed, `rate/${rate}`);
  const responses: Promise<number>[] = [];
  const began = performance.now();
  for (let at = 0; at < seconds * 1000; at += (exponential(rng) / rate) * 1000) {
    const ahead = began + at - performance.now();
    if (ahead > 0) await sleep(ahead);
    responses.push(responseMs(agent, port, began + at));
  }
  const sorted = (await Promise.all(responses)).sort((a, b) => a - b);
  agent.destroy();
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

function responseMs(agent: Agent, port: number, intended: number): Promise<number> {
  return new Promise((resolve) => {
    const ask = request({ agent, port, host: '127.0.0.1', method: 'POST', path, headers }, (answer) => {
      answer
        .resume()
        .on('end', () => resolve(answer.statusCode === 200 ? performance.now() - intended : Number.POSITIVE_INFINITY));
    });
    ask.on('error', () => resolve(Number.POSITIVE_INFINITY));
    ask.end(body);
  });
}

/** Median response time of one request after the other, milliseconds. */
async function aloneMs({ port }: Server): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let i = 0; i < ALONE; i++) times.push(await responseMs(agent, port, performance.now()));
  agent.destroy();
  return median(times);
}

/** Requests for each second of the server's CPU time, as fast as it answers. */
async function perCpuSecond(server: Server): Promise<number> {
  const before = cpuSecondsOf(server);
  const url = `http://127.0.0.1:${server.port}${path}`;
  const { requests } = await autocannon({ url, method: 'POST', headers, body, connections: 32, duration: seconds });
  return requests.total / (cpuSecondsOf(server) - before);
}

async function kneeOf(): Promise<void> {
  const seen: number[][] = servers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, server] of servers.entries()) seen[i]?.push(await perCpuSecond(server));
  }
  const [single = [], batched = []] = seen;
  const ratio = median(batched.map((rate, i) => rate / (single[i] ?? Number.NaN)));
  console.log(
    `requests per CPU-second: one by one ${median(single).toFixed(0)}, batches ${median(batched).toFixed(0)}, median ratio ${ratio.toFixed(2)}`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'loadcell-bench-'));
const file = join(folder, 'wide-mlp.onnx');
for (const chunk of wideModel()) writeFileSync(file, chunk, { flag: 'a' });
const servers = [
  await startLoadcell('one by one', file),
  await startLoadcell('batches to 16', file, ['--batch-max', '16']),
];
await pinGenerator();
try {
  await kneeOf();
  const alone = await aloneMs(servers[0] as Server);
  const limitMs = Number(process.argv[4] ?? USUAL_LIMIT * alone);
  console.log(`one request alone ${alone.toFixed(1)} ms, limit of the P95 ${limitMs.toFixed(0)} ms`);
  const best: number[][] = servers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const holds = servers.map(() => true);
    const held = servers.map(() => 0);
    for (let rate = FIRST_RATE; holds.some(Boolean) && rate < 5000; rate *= STEP) {
      for (const [i, server] of servers.entries()) {
        if (holds[i] !== true) continue;
        const first = await p95At(server, rate, String(2 * round));
        const p95 = first < limitMs ? first : Math.min(first, await p95At(server, rate, String(2 * round + 1)));
        if (p95 < limitMs) held[i] = rate;
        else holds[i] = false;
        console.log(
          `  round ${round + 1} ${server.name.padEnd(14)} ${rate.toFixed(0).padStart(5)}/s  P95 ${p95.toFixed(1)} ms`,
        );
      }
    }
    for (const [i, rate] of held.entries()) best[i]?.push(rate);
  }
  const [single = [], batched = []] = best;
  console.log(
    `highest rate with P95 < ${limitMs.toFixed(0)} ms: ${servers.map(({ name }, i) => `${name} ${median(best[i] ?? []).toFixed(0)}/s`).join(', ')}`,
  );
  console.log(
    `median ratio ${median(batched.map((rate, i) => rate / (single[i] ?? Number.NaN))).toFixed(2)} (wanted >= 2)`,
  );
} finally {
  await endServers(servers);
  rmSync(folder, { recursive: true, force: true });
}
