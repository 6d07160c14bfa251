// `loadcell serve` against a bare fastify handler that calls onnxruntime-node: requests a second of tiny-mlp over binary
// HTTP, generator and server pinned to a core each, in turns, medians and the medians of the rounds' ratios. Beside the rate,
// requests for each second of CPU time of the server: the same on a quiet machine, and still true on one that has other work.
// Usage: node bench/serve-rate.ts [rounds, default 5] [seconds, default 5] [connections, default 32]
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { stageReferenceModel } from '../src/models/stage.ts';
import { median } from './support/forked-runner.ts';
import { inferBody } from './support/infer-body.ts';
import {
  cpuSecondsOf,
  endServers,
  pinGenerator,
  type Server,
  startLoadcell,
  startServer,
} from './support/served-process.ts';

const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);
const connections = Number(process.argv[4] ?? 32);

const { path: model } = await stageReferenceModel('tiny-mlp', join(tmpdir(), 'loadcell-bench'), fs);
const { path, headers, body } = inferBody(32);

interface Round {
  /** Requests a second. */
  readonly rate: number;
  /** Requests for each second of the server's CPU time. */
  readonly perCpu: number;
}

async function roundOf(server: Server, forS: number): Promise<Round> {
  const { port } = server;
  const before = cpuSecondsOf(server);
  const url = `http://127.0.0.1:${port}${path}`;
  const result = await autocannon({ url, method: 'POST', headers, body, connections, duration: forS });
  const wrong = result.errors + result.non2xx;
  if (wrong > 0) throw new Error(`${wrong} of ${result.requests.total} requests failed`);
  const total = result.requests.total;
  return { rate: total / result.duration, perCpu: total / (cpuSecondsOf(server) - before) };
}

await pinGenerator();
const bare = (name: string, where: string): Promise<Server> =>
  startServer(name, ['bench/support/bare-handler.ts', model, where, '1']);
const servers = [
  await bare('bare fastify, session on its own thread', 'inline'),
  await bare('bare fastify, piscina.run on 1 thread', 'threads'),
  await startLoadcell('loadcell serve, 1 worker', model),
  await startLoadcell('loadcell serve, 1 worker, batches to 32', model, ['--batch-max', '32']),
];
try {
  for (const server of servers) await roundOf(server, 2);
  const seen = servers.map((): Round[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, server] of servers.entries()) seen[i]?.push(await roundOf(server, seconds));
  }
  console.log(
    `tiny-mlp, binary HTTP, ${connections} connections, medians of ${rounds} rounds of ${seconds} s, requests/s:`,
  );
  for (const [i, { name }] of servers.entries()) {
    const own = seen[i] ?? [];
    const told = (['rate', 'perCpu'] as const).map((key) => {
      const against = [0, 1].map((base) =>
        median(own.map((round, r) => round[key] / (seen[base]?.[r]?.[key] ?? Number.NaN))).toFixed(2),
      );
      const figure = median(own.map((round) => round[key]))
        .toFixed(0)
        .padStart(7);
      return `${figure} (x${against[0]} of its own thread, x${against[1]} of piscina)`;
    });
    console.log(`  ${name.padEnd(40)} ${told[0]}; per CPU-second ${told[1]}`);
  }
  console.log('wanted: loadcell serve >= x0.90');
} finally {
  await endServers(servers);
}
