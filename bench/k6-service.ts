/**
 * Service times of one unsaturated endpoint by k6 and by the built-in driver, interleaved, each with its range over the trials.
 * Usage: node bench/k6-service.ts [trials, default 5] [seconds each, default 6]; needs `npm run setup:k6`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmarks, TrialResult } from '../src/verdict/result.ts';

const trials = Number(process.argv[2] ?? 5);
const forS = Number(process.argv[3] ?? 6);
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loadcell-k6-service-'));

/** 5 to 15 ms. */
const server = createServer((_, response) => {
  setTimeout(() => response.end('ok'), 5 + 10 * Math.random());
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
writeFileSync(
  join(folder, 'get.ts'),
  `import http from 'k6/http';
export default function () { http.get(__ENV.URL); }
`,
);
writeFileSync(
  join(folder, 'service.yaml'),
  `name: service
targets:
  byK6: { k6: { script: get.ts, vus: 100, env: { URL: "${url}" } } }
  builtIn: { http: { url: "${url}", method: GET, connections: 32 } }
scenarios: { load: { load: { rate: 200/s, for: ${forS}s } } }
objectives: [errors < 50%]
trials: ${trials}
warmup: 1s
`,
);

/** Milliseconds, by trial. */
interface Figures {
  readonly p50: number[];
  readonly p99: number[];
}

const serviceOf = (all: readonly TrialResult[]): Figures => ({
  p50: all.map(({ latency }) => latency.service.p50.value ?? Number.NaN),
  p99: all.map(({ latency }) => latency.service.p99.value ?? Number.NaN),
});

const requestOf = (all: readonly TrialResult[]): Figures => {
  const of = all.flatMap(({ parts = [] }) => parts.filter(({ metric }) => metric === 'http_req_duration'));
  return {
    p50: of.map(({ quantiles }) => quantiles?.p50 ?? Number.NaN),
    p99: of.map(({ quantiles }) => quantiles?.p99 ?? Number.NaN),
  };
};

const rangeText = (values: readonly number[]): string =>
  `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;

try {
  const run = spawn(process.execPath, [bin, 'compare-drivers', 'service.yaml', '--quiet'], {
    cwd: folder,
    stdio: 'inherit',
  });
  await once(run, 'close');
  const [id = ''] = readdirSync(join(folder, 'results'));
  const { cells } = JSON.parse(readFileSync(join(folder, 'results', id, 'benchmarks.json'), 'utf8')) as Benchmarks;
  const of = (target: string): readonly TrialResult[] => cells.find((cell) => cell.target === target)?.trials ?? [];
  const rows = {
    'k6, iteration': serviceOf(of('byK6')),
    'k6, http_req_duration': requestOf(of('byK6')),
    'built-in': serviceOf(of('builtIn')),
  };
  for (const [name, { p50, p99 }] of Object.entries(rows))
    console.log(`${name}: service P50 ${rangeText(p50)} ms, P99 ${rangeText(p99)} ms over ${p50.length} trials`);
} finally {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
