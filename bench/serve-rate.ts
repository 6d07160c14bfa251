// `loadcell serve` against a bare fastify handler that calls onnxruntime-node: requests a second of tiny-mlp over binary
// HTTP, generator and server pinned to a core each, in turns, medians and the medians of the rounds' ratios.
// Usage: node bench/serve-rate.ts [rounds, default 5] [seconds, default 5] [connections, default 32]
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import autocannon from 'autocannon';
import { stageReferenceModel } from '../src/models/stage.ts';
import { joined } from '../src/oip/http-message.ts';
import { encodeRequest } from '../src/oip/http-request.ts';
import { median } from './support/forked-runner.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
const connections = Number(process.argv[4] ?? 32);

const SERVER_CORE = '1';
const OWN_CORE = '0';

const { path } = await stageReferenceModel('tiny-mlp', join(tmpdir(), 'loadcell-bench'), fs);
const message = encodeRequest(
  {
    id: '',
    parameters: {},
    inputs: [
      { name: 'input', datatype: 'FP32', shape: [1, 32], bytes: new Uint8Array(new Float32Array(32).fill(0.5).buffer) },
    ],
    outputs: [],
  },
  { inputs: 'binary', outputs: 'binary' },
);
const body = Buffer.from(joined(message));

interface Served {
  readonly name: string;
  readonly process: ChildProcess;
  readonly port: number;
}

async function started(name: string, args: readonly string[], portIn: (line: string) => number): Promise<Served> {
  const child = spawn('taskset', ['-c', SERVER_CORE, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { name, process: child, port: portIn(line) };
}

const loadcell = (name: string, ...flags: readonly string[]): Promise<Served> =>
  started(
    name,
    [
      'bin/loadcell.js',
      'serve',
      path,
      '--name',
      'm',
      '--http',
      '127.0.0.1:0',
      '--grpc',
      'none',
      '--log-level',
      'error',
      '--json',
      ...flags,
    ],
    (line) => Number((JSON.parse(line) as { http: string }).http.split(':').at(-1)),
  );
const bare = (name: string, where: string): Promise<Served> =>
  started(name, ['bench/support/bare-handler.ts', path, where, '1'], Number);

async function rateOf({ port }: Served, forS: number): Promise<number> {
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/v2/models/m/infer`,
    method: 'POST',
    headers: {
      'inference-header-content-length': String(message.headerLength),
      'content-type': 'application/octet-stream',
    },
    body,
    connections,
    duration: forS,
  });
  const wrong = result.errors + result.non2xx;
  if (wrong > 0) throw new Error(`${wrong} of ${result.requests.total} requests failed`);
  return result.requests.total / result.duration;
}

const pin = spawn('taskset', ['-a', '-c', '-p', OWN_CORE, String(process.pid)], { stdio: 'ignore' });
await once(pin, 'exit');
const servers = [
  await bare('bare fastify, session on its thread', 'inline'),
  await bare('bare fastify, piscina.run of 1 thread', 'threads'),
  await loadcell('loadcell serve'),
  await loadcell('loadcell serve, batches up to 32', '--batch-max', '32'),
];
try {
  for (const server of servers) await rateOf(server, 2);
  const rates = servers.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, server] of servers.entries()) rates[i]?.push(await rateOf(server, seconds));
  }
  console.log(
    `tiny-mlp, binary HTTP, ${connections} connections, medians of ${rounds} rounds of ${seconds} s, requests/s:`,
  );
  for (const [i, { name }] of servers.entries()) {
    const own = rates[i] ?? [];
    const against = [0, 1].map((base) =>
      median(own.map((rate, round) => rate / (rates[base]?.[round] ?? Number.NaN))).toFixed(2),
    );
    console.log(
      `  ${name.padEnd(40)} ${median(own).toFixed(0).padStart(7)}   x${against[0]} of inline   x${against[1]} of piscina`,
    );
  }
} finally {
  for (const { process: child } of servers) {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}
