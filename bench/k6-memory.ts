/**
 * Resident memory of an agent while it runs k6, and of k6 beside it: a campaign of 2,000/s for ten minutes against a local server.
 * Usage: node bench/k6-memory.ts [seconds, default 600] [rate a second, default 2000]; needs `npm run setup:k6`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmarks } from '../src/verdict/result.ts';
import { descendants } from '../test/support/process-tree.ts';
import { median } from './support/forked-runner.ts';

const forS = Number(process.argv[2] ?? 600);
const rate = Number(process.argv[3] ?? 2000);
const bin = fileURLToPath(new URL('../bin/loadcell.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loadcell-k6-memory-'));

/** MiB; null: it is gone. */
function resident(pid: number): number | null {
  try {
    const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return found === undefined ? null : Number(found) / 1024;
  } catch {
    return null;
  }
}

const server = createServer((_, response) => response.end('ok'));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
writeFileSync(
  join(folder, 'get.ts'),
  `import http from 'k6/http';
import { check } from 'k6';
export default function () { check(http.get(__ENV.URL), { 'is 200': ({ status }) => status === 200 }); }
`,
);
writeFileSync(
  join(folder, 'memory.yaml'),
  `name: memory
targets: { t: { k6: { script: get.ts, vus: 500, env: { URL: "${url}" } } } }
scenarios: { load: { load: { rate: ${rate}/s, for: ${forS}s }, arrivals: uniform } }
objectives: [errors < 50%]
warmup: 0s
retryInvalid: 0
`,
);

const PROCESSES = { agent: /agent\/main/, runner: /runner\/main/, k6: /k6 run .*--paused/ } as const;
const seen: Record<keyof typeof PROCESSES, number[]> = { agent: [], runner: [], k6: [] };
const run = spawn(process.execPath, [bin, 'run', 'memory.yaml', '--quiet'], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'inherit'],
});
const watch = setInterval(() => {
  const all = descendants(run.pid ?? -1);
  for (const name of Object.keys(PROCESSES) as (keyof typeof PROCESSES)[]) {
    const pid = all.find(({ command }) => PROCESSES[name].test(command))?.pid;
    const mib = pid === undefined || !all.some(({ command }) => PROCESSES.k6.test(command)) ? null : resident(pid);
    if (mib !== null) seen[name].push(mib);
  }
}, 1000);
await once(run, 'close');
clearInterval(watch);
server.close();

try {
  const [id = ''] = readdirSync(join(folder, 'results'));
  const { cells } = JSON.parse(readFileSync(join(folder, 'results', id, 'benchmarks.json'), 'utf8')) as Benchmarks;
  const accounting = cells[0]?.trials[0]?.accounting;
  console.log(
    `${accounting?.ok} ok, ${accounting?.shed} dropped, ${accounting?.unfinished} unfinished of ${accounting?.scheduled}`,
  );
  // A collection may be due at either end, and a first tenth is spent on growing to size: medians of a tenth each.
  for (const [name, mib] of Object.entries(seen)) {
    const tenth = Math.max(1, Math.floor(mib.length / 10));
    const [early, late] = [median(mib.slice(tenth, 2 * tenth)), median(mib.slice(-tenth))];
    console.log(
      `${name}: ${early.toFixed(1)} MiB in the second tenth of ${mib.length} s, ${late.toFixed(1)} MiB in the last, ${Math.max(...mib).toFixed(1)} MiB at most`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
