// What a core sends over gRPC, unary: ours with everything recorded, a bare loop over @grpc/grpc-js, and k6 where it is on
// PATH, against one and the same server on a core of its own; one round of each in turn.
// Usage: node bench/grpc-rate.ts [rounds, default 3] [seconds, default 5] [connections, default 16]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ns } from '../src/time/ns.ts';
import { cannedServer } from './support/canned-process.ts';
import { inTurn, onPath, type Round, round, table } from './support/pinned.ts';
import { pinnedTrial } from './support/pinned-trial.ts';
import { greetTarget } from './support/plain-targets.ts';

const rounds = Number(process.argv[2] ?? 3);
const forS = Number(process.argv[3] ?? 5);
const connections = Number(process.argv[4] ?? 16);

const canned = await cannedServer('grpc');
const address = `127.0.0.1:${canned.port}`;
const folder = mkdtempSync(join(tmpdir(), 'loadcell-bench-'));
const script = join(folder, 'call.js');
writeFileSync(
  script,
  `import grpc from 'k6/net/grpc';
const client = new grpc.Client();
client.load(['${folder}'], 'greet.proto');
export const options = { vus: ${connections}, duration: '${forS}s', systemTags: ['status'] };
let connected = false;
export default () => {
  if (!connected) { client.connect('${address}', { plaintext: true }); connected = true; }
  client.invoke('greet.Greeter/SayHello', { name: 'anna' });
};
`,
);
const target = greetTarget(canned.port, connections, 1, folder);

const bare = fileURLToPath(new URL('./support/bare-grpc.ts', import.meta.url));
const generators = new Map<string, () => Promise<Round>>([
  ['loadcell', () => pinnedTrial(target, { kind: 'closed', inFlight: connections, thinkNs: ns(0) }, forS)],
  [
    'bare @grpc/grpc-js loop',
    () => round(process.execPath, [bare, address, String(connections), String(forS)], forS, Number),
  ],
]);
const k6 = onPath('k6');
if (k6 === null) console.log('k6 is not on PATH');
else {
  generators.set('k6', () =>
    round(k6, ['run', '--no-usage-report', '--quiet', script], forS, (text) =>
      Number(/iterations[.:\s]*\d+\s+([\d.]+)\/s/u.exec(text)?.[1] ?? Number.NaN),
    ),
  );
}
const results = await inTurn(generators, rounds);
canned.stop();
rmSync(folder, { recursive: true });
console.log(`gRPC unary, ${connections} connections, medians of ${rounds} rounds of ${forS} s:`);
console.log(table(results));
console.log('wanted: ours / k6 >= 1');
