// What a core sends over HTTP/1.1: ours with everything recorded, autocannon, and k6 and wrk where they are on PATH, against
// one and the same server on a core of its own; one round of each in turn.
// Usage: node bench/http-rate.ts [rounds, default 3] [seconds, default 5] [connections, default 32]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ns } from '../src/time/ns.ts';
import { cannedServer } from './support/canned-process.ts';
import { inTurn, onPath, type Round, round, table } from './support/pinned.ts';
import { pinnedTrial } from './support/pinned-trial.ts';
import { getTarget } from './support/plain-targets.ts';

const rounds = Number(process.argv[2] ?? 3);
const forS = Number(process.argv[3] ?? 5);
const connections = Number(process.argv[4] ?? 32);

const canned = await cannedServer('http');
const url = `http://127.0.0.1:${canned.port}/`;
const target = getTarget(canned.port, connections);

const folder = mkdtempSync(join(tmpdir(), 'loadcell-bench-'));
const script = join(folder, 'get.js');
writeFileSync(
  script,
  `import http from 'k6/http';\nexport const options = { vus: ${connections}, duration: '${forS}s', discardResponseBodies: true, systemTags: ['status'] };\nexport default () => { http.get('${url}'); };\n`,
);

const generators = new Map<string, () => Promise<Round>>([
  ['loadcell', () => pinnedTrial(target, { kind: 'closed', inFlight: connections, thinkNs: ns(0) }, forS)],
]);
try {
  const autocannon = createRequire(import.meta.url).resolve('autocannon');
  const args = [autocannon, '-c', String(connections), '-d', String(forS), '--json', url];
  generators.set('autocannon', () =>
    round(process.execPath, args, forS, (text) => {
      const found = JSON.parse(text) as { readonly requests: { readonly mean: number } };
      return found.requests.mean;
    }),
  );
} catch {
  console.log('autocannon is not installed');
}
const k6 = onPath('k6');
if (k6 === null) console.log('k6 is not on PATH');
else {
  generators.set('k6', () =>
    round(k6, ['run', '--no-usage-report', '--quiet', script], forS, (text) =>
      Number(/http_reqs[.:\s]*\d+\s+([\d.]+)\/s/u.exec(text)?.[1] ?? Number.NaN),
    ),
  );
}
const wrk = onPath('wrk');
if (wrk === null) console.log('wrk is not on PATH');
else {
  generators.set('wrk', () =>
    round(wrk, ['-t1', `-c${connections}`, `-d${forS}s`, url], forS, (text) =>
      Number(/Requests\/sec:\s*([\d.]+)/u.exec(text)?.[1] ?? Number.NaN),
    ),
  );
}

const results = await inTurn(generators, rounds);
canned.stop();
rmSync(folder, { recursive: true });
console.log(`HTTP/1.1, ${connections} connections, medians of ${rounds} rounds of ${forS} s:`);
console.log(table(results));
console.log('wanted: ours / autocannon >= 0.8, ours / k6 >= 2');
