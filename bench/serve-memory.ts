// Resident memory of `loadcell serve` over millions of requests of tiny-mlp: what it grows by after the first tenth.
// Usage: node bench/serve-memory.ts [requests, default 5000000] [connections, default 32]
import { readFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { stageReferenceModel } from '../src/models/stage.ts';
import { median } from './support/forked-runner.ts';
import { inferBody } from './support/infer-body.ts';
import { endServers, startLoadcell } from './support/served-process.ts';

const requests = Number(process.argv[2] ?? 5_000_000);
const connections = Number(process.argv[3] ?? 32);
const STEPS = 40;

const { path: model } = await stageReferenceModel('tiny-mlp', join(tmpdir(), 'loadcell-bench'), fs);
const { path, headers, body } = inferBody(32);
const server = await startLoadcell('loadcell serve', model, ['--batch-max', '32']);
const url = `http://127.0.0.1:${server.port}${path}`;

/** MiB. */
function resident(): number {
  const [, kilobytes = '0'] =
    /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

try {
  const seen: { readonly done: number; readonly mib: number }[] = [];
  for (let step = 1; step <= STEPS; step++) {
    const result = await autocannon({
      url,
      method: 'POST',
      headers,
      body,
      connections,
      amount: Math.round(requests / STEPS),
    });
    if (result.errors + result.non2xx > 0) throw new Error(`${result.errors + result.non2xx} requests failed`);
    seen.push({ done: Math.round((requests * step) / STEPS), mib: resident() });
    console.log(`${seen.at(-1)?.done} requests: ${seen.at(-1)?.mib.toFixed(1)} MiB`);
  }
  // A collection may be due at either end: medians of a tenth of the run each.
  const tenth = STEPS / 10;
  const [first, last] = [seen.slice(tenth - 1, 2 * tenth), seen.slice(-tenth)].map((part) =>
    median(part.map(({ mib }) => mib)),
  );
  const growth = ((last ?? 0) / (first ?? 1) - 1) * 100;
  console.log(
    `after the first tenth ${first?.toFixed(1)} MiB, at the end ${last?.toFixed(1)} MiB: ${growth.toFixed(1)} % (wanted < 5 %)`,
  );
} finally {
  await endServers([server]);
}
