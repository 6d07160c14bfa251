/**
 * What running k6 by loadcell costs and what it shows: k6's highest rate with loadcell's output, and with its samples as CSV as
 * of a stock one, against k6 alone with its summary, interleaved; CPU time of an iteration in each way at one rate, k6's own and
 * that of the process that reads its samples; three segments merged against all their samples pooled; and a known stall with 50
 * and 1,000 virtual users. `node bench/k6-driver.ts [cost|cpu|segments|stall] ...`; needs `npm run setup:k6`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { segmentOf } from '../src/scenarios/k6/segments.ts';
import { Histogram, nearestRank } from '../src/stats/histogram.ts';
import type { Benchmarks } from '../src/verdict/result.ts';
import { cpuSeconds } from './support/pinned.ts';
import { type K6Way, streamedK6 } from './support/streamed-k6.ts';

const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const ROUNDS = 5;

const folder = mkdtempSync(join(tmpdir(), 'loadcell-k6-bench-'));

/** In a process of its own, so that whoever reads samples does not share its thread. */
const SERVER = `const server = require('node:http').createServer((_, response) => response.end('ok'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

async function served(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  return { url: `http://127.0.0.1:${Number(port)}`, stop: () => void server.kill() };
}

async function cost(): Promise<void> {
  const { url, stop } = await served();
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
    await streamedK6([script], 'alone');
    const { rate: alone } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as { rate: number };
    const by = (await streamedK6([script], 'with-output')).iterations / 4;
    const csv = (await streamedK6([script], 'as-csv')).iterations / 4;
    ratios.push(by / alone);
    asCsv.push(csv / alone);
    console.log(
      `round ${round + 1}: alone with its summary ${alone.toFixed(0)}/s, with loadcell's output ${by.toFixed(0)}/s, as CSV ${csv.toFixed(0)}/s`,
    );
  }
  console.log(`median ratio ${median(ratios).toFixed(3)} (wanted >= 0.95), as CSV ${median(asCsv).toFixed(3)}`);
  stop();
}

/** At the lower one k6 mostly wakes and sleeps again; the higher one is near what it can do beside its server. */
const CPU_RATES = [1000, 3000] as const;
const CPU_FOR_S = 8;
const WAYS: readonly K6Way[] = ['alone', 'with-output', 'as-csv'];

/** Microseconds of CPU that an iteration takes in its middle seconds: k6, and whoever reads its samples. */
async function cpuOf(
  script: string,
  way: K6Way,
  rate: number,
): Promise<{ readonly k6: number; readonly reader: number }> {
  const seen = Promise.withResolvers<{ readonly k6: number; readonly reader: number }>();
  await streamedK6([script], way, async ({ pid }) => {
    await sleep(2000);
    const [k6, reader, fromMs] = [cpuSeconds(pid), process.cpuUsage(), performance.now()];
    await sleep(1000 * (CPU_FOR_S - 3));
    const iterations = (rate * (performance.now() - fromMs)) / 1000;
    const { user, system } = process.cpuUsage(reader);
    seen.resolve({ k6: (1e6 * (cpuSeconds(pid) - k6)) / iterations, reader: (user + system) / iterations });
  });
  return seen.promise;
}

async function cpu(): Promise<void> {
  const { url, stop } = await served();
  for (const rate of CPU_RATES) await cpuAt(rate, url);
  stop();
}

async function cpuAt(rate: number, url: string): Promise<void> {
  const script = join(folder, `steady-${rate}.js`);
  writeFileSync(
    script,
    `import http from 'k6/http';
export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: ${rate}, timeUnit: '1s', duration: '${CPU_FOR_S}s', preAllocatedVUs: 100, maxVUs: 200 } } };
export default function () { http.get('${url}'); }
export const handleSummary = () => ({});
`,
  );
  const all = new Map(WAYS.map((way) => [way, [] as { k6: number; reader: number }[]]));
  for (let round = 0; round < ROUNDS; round++)
    for (const way of WAYS) all.get(way)?.push(await cpuOf(script, way, rate));
  const alone = median(all.get('alone')?.map(({ k6 }) => k6) ?? []);
  console.log(`CPU of an iteration at ${rate}/s, medians of ${ROUNDS} rounds [lowest to highest], us:`);
  for (const [way, of] of all) {
    const k6 = of.map((each) => each.k6);
    const reader = median(of.map((each) => each.reader));
    console.log(
      `  ${way.padEnd(12)} k6 ${median(k6).toFixed(0)} [${Math.min(...k6).toFixed(0)} to ${Math.max(...k6).toFixed(0)}], ${(median(k6) / alone).toFixed(2)} times; its reader ${reader.toFixed(0)}`,
    );
  }
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
      return { ...(await streamedK6(args, 'with-output')), samples };
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

const parts = { cost, cpu, segments, stall } as const;
const asked = process.argv.slice(2).length === 0 ? Object.keys(parts) : process.argv.slice(2);
try {
  for (const name of asked) await parts[name as keyof typeof parts]?.();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
