// The service time of one and the same endpoint by wrk, by k6 and by us: P50 and P99, far from saturation, in turns. The
// endpoint holds its one thread for a known time, one request after the other, so nothing queues: wrk has one request in
// flight (it is a closed loop: its rate follows from its connections), k6 (constant-arrival-rate) and ours offer evenly
// spaced requests at 40 % of what the endpoint could answer. What each shows above the known time is the way there and back
// and the generator itself. Generator and server are pinned to a core each; k6 and wrk must be on PATH.
// Usage: node bench/service-times.ts [rounds, default 5] [seconds, default 6] [service time in ms, default 2]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cannedServer } from './support/canned-process.ts';
import { uniform } from './support/forked-runner.ts';
import { GENERATOR_CORE, median, onPath, pinned, printed } from './support/pinned.ts';
import { pinnedTrial } from './support/pinned-trial.ts';
import { getTarget } from './support/plain-targets.ts';

const rounds = Number(process.argv[2] ?? 5);
const forS = Number(process.argv[3] ?? 6);
const serviceMs = Number(process.argv[4] ?? 2);
const rate = Math.round(400 / serviceMs);
const CONNECTIONS = 8;

/** Milliseconds. */
interface Seen {
  readonly p50: number;
  readonly p99: number;
}

const canned = await cannedServer('held', serviceMs);
const url = `http://127.0.0.1:${canned.port}/`;
const folder = mkdtempSync(join(tmpdir(), 'loadcell-bench-'));
const script = join(folder, 'get.js');
writeFileSync(
  script,
  `import http from 'k6/http';
export const options = { discardResponseBodies: true, systemTags: ['status'], summaryTrendStats: ['p(50)', 'p(99)'],
  scenarios: { load: { executor: 'constant-arrival-rate', rate: ${rate}, timeUnit: '1s', duration: '${forS}s', preAllocatedVUs: ${CONNECTIONS} } } };
export default () => { http.get('${url}'); };
export const handleSummary = ({ metrics }) => ({ stdout: JSON.stringify(metrics.http_req_duration.values) });
`,
);

async function ours(): Promise<Seen> {
  const { tally } = await pinnedTrial(getTarget(canned.port, CONNECTIONS), uniform(rate, forS), forS);
  return { p50: tally.service.quantileNs(0.5) / 1e6, p99: tally.service.quantileNs(0.99) / 1e6 };
}

async function k6(command: string): Promise<Seen> {
  const text = await printed(pinned(GENERATOR_CORE, command, ['run', '--no-usage-report', '--quiet', script]));
  const values = JSON.parse(text) as Readonly<Record<string, number>>;
  return { p50: values['p(50)'] ?? values.med ?? Number.NaN, p99: values['p(99)'] ?? Number.NaN };
}

const UNITS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3 };

async function wrk(command: string): Promise<Seen> {
  const args = ['-t1', '-c1', `-d${forS}s`, '--latency', url];
  const text = await printed(pinned(GENERATOR_CORE, command, args));
  const at = (percent: number): number => {
    const [, amount, unit = ''] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`, 'u').exec(text) ?? [];
    return Number(amount) * (UNITS[unit] ?? Number.NaN);
  };
  return { p50: at(50), p99: at(99) };
}

const generators = new Map<string, () => Promise<Seen>>([['loadcell', ours]]);
for (const [name, run] of [
  ['k6', k6],
  ['wrk', wrk],
] as const) {
  const command = onPath(name);
  if (command === null) console.log(`${name} is not on PATH`);
  else generators.set(name, () => run(command));
}

try {
  const seen = new Map([...generators.keys()].map((name): [string, Seen[]] => [name, []]));
  for (let i = 0; i < rounds; i++) for (const [name, run] of generators) seen.get(name)?.push(await run());
  console.log(
    `an endpoint that takes ${serviceMs} ms, medians of ${rounds} rounds of ${forS} s [lowest to highest], ms:`,
  );
  for (const [name, all] of seen) {
    const shown = (['p50', 'p99'] as const).map((key) => {
      const values = all.map((each) => each[key]);
      const [least, most] = [Math.min(...values), Math.max(...values)];
      return `${key} ${median(values).toFixed(3)} [${least.toFixed(3)} to ${most.toFixed(3)}]`;
    });
    console.log(`  ${name.padEnd(9)} ${shown.join('   ')}`);
  }
} finally {
  canned.stop();
  rmSync(folder, { recursive: true });
}
