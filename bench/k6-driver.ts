/**
 * What running k6 by loadcell costs and what it shows: k6's highest rate with loadcell's output, and with its samples as CSV as
 * of a stock one, against k6 alone with its summary, interleaved; three segments merged against all their samples pooled; and a
 * known stall with 50 and 1,000 virtual users. `node bench/k6-driver.ts [cost|segments|stall] ...`; needs `npm run setup:k6`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CSV_ARGUMENTS, CSV_ENVIRONMENT, CSV_SYSTEM_TAGS, CsvSamples } from '../src/agent/k6/csv/csv-samples.ts';
import type { K6Frame } from '../src/agent/k6/frames.ts';
import { FoldedSamples, type SampleStream } from '../src/agent/k6/sample-stream.ts';
import { segmentOf } from '../src/scenarios/k6/segments.ts';
import { Histogram, nearestRank } from '../src/stats/histogram.ts';
import { systemWallClock } from '../src/time/monotonic.ts';
import type { Benchmarks } from '../src/verdict/result.ts';

const K6 = fileURLToPath(new URL('../.tools/k6/k6', import.meta.url));
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const ROUNDS = 5;
const CSV = [...CSV_ARGUMENTS, '--system-tags', CSV_SYSTEM_TAGS];
const QUIET = ['--quiet', '--no-color', '--no-usage-report', '--no-setup', '--no-teardown'];

const folder = mkdtempSync(join(tmpdir(), 'loadcell-k6-bench-'));

interface Seen {
  readonly iterations: number;
  /** Durations of iterations, milliseconds. */
  readonly durations: Histogram;
}

/** Runs a script and takes its stream, if it is to have one. */
async function k6(
  args: readonly string[],
  kind: 'with-output' | 'as-csv' | 'alone',
  env: Record<string, string> = {},
): Promise<Seen> {
  const out = { 'with-output': ['--out', 'loadcell=fd:3'], 'as-csv': CSV, alone: [] }[kind];
  const silent = kind === 'alone' ? [] : ['--summary-mode=disabled', '--no-thresholds'];
  const child = spawn(K6, ['run', ...QUIET, ...silent, ...out, ...args], {
    stdio: ['ignore', kind === 'as-csv' ? 'pipe' : 'ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...CSV_ENVIRONMENT, ...env },
  });
  const stream: SampleStream = kind === 'as-csv' ? new CsvSamples(systemWallClock) : new FoldedSamples();
  const durations = new Histogram();
  let iterations = 0;
  const take = (frames: Iterable<K6Frame>): void => {
    for (const frame of frames) {
      if (frame.kind !== 'iterations') continue;
      iterations += frame.iterations.length;
      for (const { durationNs } of frame.iterations) durations.record(durationNs);
    }
  };
  child.stdio[stream.fd]?.on('data', (chunk: Buffer) => take(stream.samples(chunk)));
  await once(child, 'close');
  take(stream.end());
  return { iterations, durations };
}

/** In a process of its own, so that whoever reads samples does not share its thread. */
const SERVER = `const server = require('node:http').createServer((_, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

async function cost(): Promise<void> {
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const url = `http://127.0.0.1:${Number(port)}`;
  const script = join(folder, 'get.js');
  writeFileSync(
    script,
    `import http from 'k6/http';
export const options = { scenarios: { a: { executor: 'constant-vus', vus: 8, duration: '4s' } } };
export default function () { http.get('${url}'); }
export function handleSummary(data) { return { '${folder}/summary.json': JSON.stringify(data.metrics.iterations.values) }; }
`,
  );
  const ratios: number[] = [];
  const asCsv: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await k6([script], 'alone');
    const { rate: alone } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as { rate: number };
    const by = (await k6([script], 'with-output')).iterations / 4;
    const csv = (await k6([script], 'as-csv')).iterations / 4;
    ratios.push(by / alone);
    asCsv.push(csv / alone);
    console.log(
      `round ${round + 1}: alone with its summary ${alone.toFixed(0)}/s, with loadcell's output ${by.toFixed(0)}/s, as CSV ${csv.toFixed(0)}/s`,
    );
  }
  console.log(`median ratio ${median(ratios).toFixed(3)} (wanted >= 0.95), as CSV ${median(asCsv).toFixed(3)}`);
  server.kill();
}

async function segments(): Promise<void> {
  const script = join(folder, 'wait.js');
  writeFileSync(
    script,
    `import { sleep } from 'k6';
export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 601, timeUnit: '1s', duration: '6s', preAllocatedVUs: 100, maxVUs: 100 } } };
export default function () { sleep(Math.random() * 0.02); }
`,
  );
  const all = await Promise.all(
    [0, 1, 2].map(async (index) => {
      const { segment, sequence } = segmentOf({ index, of: 3 });
      const samples = join(folder, `${index}.json`);
      const args = [
        script,
        '--execution-segment',
        segment,
        '--execution-segment-sequence',
        sequence,
        '--out',
        `json=${samples}`,
      ];
      return { ...(await k6(args, 'with-output')), samples };
    }),
  );
  const pooled = all.flatMap(({ samples }) => durationsIn(samples)).sort((a, b) => a - b);
  const merged = new Histogram();
  for (const { durations } of all) merged.add(durations);
  console.log(
    `three segments: ${all.map(({ iterations }) => iterations).join(' + ')} = ${merged.total}, pooled samples ${pooled.length}`,
  );
  for (const p of [0.5, 0.9, 0.95, 0.99, 0.999]) {
    const exact = pooled[nearestRank(p, pooled.length) - 1] ?? Number.NaN;
    const found = merged.quantileNs(p) / 1e6;
    console.log(
      `p${p * 100}: merged ${found.toFixed(3)} ms, pooled ${exact.toFixed(3)} ms, ${(100 * (found / exact - 1)).toFixed(3)} %`,
    );
  }
}

/** Every iteration_duration of k6's JSON output, milliseconds. */
const durationsIn = (file: string): number[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"metric":"iteration_duration"') && line.includes('"type":"Point"'))
    .map((line) => (JSON.parse(line) as { data: { value: number } }).data.value);

/** Truth: P90, P95, P99 of 1000, 2000, 2800 ms. */
function stall(): void {
  writeFileSync(
    join(folder, 'stall.js'),
    `import { sleep } from 'k6';
import exec from 'k6/execution';
export default function () {
  const at = exec.instance.currentTestRunDuration / 1000;
  if (at >= 8 && at < 11) sleep(11 - at);
}
`,
  );
  for (const vus of [50, 1000]) {
    writeFileSync(
      join(folder, 'stall.yaml'),
      `name: stall-${vus}
targets: { t: { k6: { script: stall.js, vus: ${vus} } } }
scenarios: { load: { load: { rate: 200/s, for: 20s }, arrivals: uniform } }
objectives: [response.p95 < 100ms]
warmup: 0s
`,
    );
    const { status } = spawnSync(process.execPath, [bin, 'run', 'stall.yaml', '--quiet'], { cwd: folder });
    const run = readdirSync(join(folder, 'results')).find((name) => name.includes(`stall-${vus}`)) ?? '';
    const { cells } = JSON.parse(readFileSync(join(folder, 'results', run, 'benchmarks.json'), 'utf8')) as Benchmarks;
    const trial = cells[0]?.trials[0];
    if (trial === undefined) throw new Error(`no trial, exit ${status}`);
    const { responseOk, service } = trial.latency;
    const ms = [service.p90, service.p95, service.p99].map(({ value }) => value?.toFixed(1) ?? '-');
    console.log(
      `${vus} virtual users: ${trial.accounting.ok} ok + ${trial.accounting.shed} dropped of ${trial.accounting.scheduled}; k6's P90/P95/P99 ${ms.join('/')} ms (of ${responseOk.count}); ${trial.verdict.kind}, exit ${status}`,
    );
    for (const { message, hint } of trial.verdict.reasons) console.log(`  ${message} ${hint}`);
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const parts = { cost, segments, stall } as const;
const asked = process.argv.slice(2).length === 0 ? Object.keys(parts) : process.argv.slice(2);
try {
  for (const name of asked) await parts[name as keyof typeof parts]?.();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
