/**
 * Service times of one unsaturated endpoint by k6 and by the built-in driver, interleaved, each with its range over the trials,
 * and beside them what the endpoint itself took over the answers to each.
 * Usage: node bench/k6-service.ts [trials, default 5] [seconds each, default 6] [exact (default)|timer: how the endpoint waits];
 * needs `npm run setup:k6`.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearestRank } from '../src/stats/histogram.ts';
import type { Benchmarks } from '../src/verdict/result.ts';
import type { TrialResult } from '../src/verdict/trial-result.ts';
import type { FromDrawn, Row } from './support/drawn-server.ts';
import { median } from './support/pinned.ts';

const trials = Number(process.argv[2] ?? 5);
const forS = Number(process.argv[3] ?? 6);
const waiting = process.argv[4] ?? 'exact';
const RATE = 200;
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loadcell-k6-service-'));

const server = fork(fileURLToPath(new URL('./support/drawn-server.ts', import.meta.url)), [waiting], {
  serialization: 'advanced',
});
const said = async (): Promise<FromDrawn> => ((await once(server, 'message')) as [FromDrawn])[0];
const listening = await said();
const url = listening.kind === 'listening' ? `http://127.0.0.1:${listening.port}/` : '';
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
scenarios: { load: { load: { rate: ${RATE}/s, for: ${forS}s } } }
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

/** What the endpoint took over what one of the two asked: of a trial the warm-up is not counted, and rows of probes are none. */
function ownOf(rows: readonly Row[], asker: Row['asker']): Figures {
  const sorted = rows
    .filter((row) => row.asker === asker && row.took.length > RATE * forS)
    .map(({ took }) => took.slice(-RATE * forS).toSorted((a, b) => a - b));
  const at = (share: number): number[] => sorted.map((took) => took[nearestRank(share, took.length) - 1] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99) };
}

const rangeText = (values: readonly number[]): string =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

try {
  const run = spawn(process.execPath, [bin, 'compare-drivers', 'service.yaml', '--quiet'], {
    cwd: folder,
    stdio: 'inherit',
  });
  await once(run, 'close');
  const [id = ''] = readdirSync(join(folder, 'results'));
  const { cells } = JSON.parse(readFileSync(join(folder, 'results', id, 'benchmarks.json'), 'utf8')) as Benchmarks;
  const of = (target: string): readonly TrialResult[] => cells.find((cell) => cell.target === target)?.trials ?? [];
  server.send('report');
  const told = await said();
  const own = told.kind === 'took' ? told.rows : [];
  const all = {
    'k6, iteration': serviceOf(of('byK6')),
    'k6, http_req_duration': requestOf(of('byK6')),
    "the endpoint's own, asked by k6": ownOf(own, 'k6'),
    'built-in': serviceOf(of('builtIn')),
    "the endpoint's own, asked by it": ownOf(own, 'loadcell'),
  };
  for (const [name, { p50, p99 }] of Object.entries(all))
    console.log(`${name.padEnd(32)} P50 ${rangeText(p50)} ms, P99 ${rangeText(p99)} ms over ${p50.length} trials`);
} finally {
  server.disconnect();
  rmSync(folder, { recursive: true, force: true });
}
