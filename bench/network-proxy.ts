// What the proxy of `via` costs by itself, and how near it comes to what it is asked for: service times of a small GET at a
// steady rate straight to a server, through `via: {}`, and through delays; and the highest closed-loop rate with and without
// it. Server on one core, generator and proxy on the other.
// Usage: node bench/network-proxy.ts [rounds, default 3] [seconds, default 4]
import type { ViaSpec } from '../src/campaign/via-spec.ts';
import { viaText } from '../src/campaign/via-spec.ts';
import type { PhaseLoad } from '../src/scenarios/phase.ts';
import { milliseconds, ns } from '../src/time/ns.ts';
import { cannedServer } from './support/canned-process.ts';
import { uniform } from './support/forked-runner.ts';
import { median } from './support/pinned.ts';
import { type PinnedRun, pinnedTrial } from './support/pinned-trial.ts';
import { getTarget } from './support/plain-targets.ts';

const rounds = Number(process.argv[2] ?? 3);
const forS = Number(process.argv[3] ?? 4);
const CONNECTIONS = 32;
const RATE = 500;

const via = (delayMs: number, jitterMs: number): ViaSpec => ({
  delayNs: milliseconds(delayMs),
  jitterNs: milliseconds(jitterMs),
  bandwidth: null,
});
const WAYS: readonly (ViaSpec | null)[] = [null, via(0, 0), via(1, 0), via(20, 0), via(20, 5)];

const canned = await cannedServer('http');
const straight = getTarget(canned.port, CONNECTIONS);
const through = (way: ViaSpec | null, load: PhaseLoad): Promise<PinnedRun> =>
  pinnedTrial(way === null ? straight : { ...straight, via: way }, load, forS);
const name = (way: ViaSpec | null): string => (way === null ? 'straight' : viaText(way)).padEnd(20);

try {
  console.log(`medians of ${rounds} rounds of ${forS} s; service times at ${RATE}/s, ms:`);
  for (const way of WAYS) {
    const seen: (readonly [number, number])[] = [];
    for (let i = 0; i < rounds; i++) {
      const { service } = (await through(way, uniform(RATE, forS))).tally;
      seen.push([service.quantileNs(0.5) / 1e6, service.quantileNs(0.99) / 1e6]);
    }
    const [p50, p99] = [0, 1].map((at) => median(seen.map((each) => each[at] as number)).toFixed(3));
    console.log(`  ${name(way)} P50 ${p50}  P99 ${p99}`);
  }
  console.log(`highest rate with ${CONNECTIONS} connections, requests/s:`);
  for (const way of WAYS.slice(0, 2)) {
    const rates: number[] = [];
    for (let i = 0; i < rounds; i++) {
      rates.push((await through(way, { kind: 'closed', inFlight: CONNECTIONS, thinkNs: ns(0) })).perSecond);
    }
    console.log(`  ${name(way)} ${median(rates).toFixed(0)}`);
  }
} finally {
  canned.stop();
}
