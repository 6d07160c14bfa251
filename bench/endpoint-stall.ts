// A server that stands still for 3 s at 200/s, over HTTP and gRPC, with 1 and 64 connections: generator and server in
// processes of their own, pinned to a core each. Two truths stand beside what was observed. `analytic`: the first request to
// meet the stall waits 3 s, each later one 5 ms less, and nothing takes any time. `as answered`: the k-th answer's own instant
// on the server's side, less the k-th intended start; between it and what was observed lie the way back and the measurement.
// The difference of the two is the drain: 600 requests wait when the stall ends, and are served one after the other. Code is warm
// on both sides, as a campaign's warm-up makes it. With one connection of HTTP/1.1 each of them is a round trip of its own, and
// the one at P90 the 400th: what a bare round trip between the two cores takes is measured beside it.
// Usage: node bench/endpoint-stall.ts [rounds, default 1]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NetworkSpec } from '../src/campaign/target-spec.ts';
import { Outcome } from '../src/stats/outcome.ts';
import { bareRoundTripUs } from './support/bare-round-trip.ts';
import { uniform } from './support/forked-runner.ts';
import { pinned, SERVER_CORE } from './support/pinned.ts';
import { pinnedTrial } from './support/pinned-trial.ts';
import { getTarget, greetTarget } from './support/plain-targets.ts';
import type { FromStalling, ToStalling } from './support/stalling-server.ts';

const rounds = Number(process.argv[2] ?? 1);
const RATE = 200;
const FOR_S = 20;
const STALL = { atNs: 10e9, forNs: 3e9 };
const QUANTILES = [0.9, 0.95, 0.99] as const;
/** Nearest rank among 4000: 400, 200 and 40 wait longer. */
const ANALYTIC_MS = [1000, 2000, 2800] as const;
const entry = fileURLToPath(new URL('./support/stalling-server.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loadcell-bench-'));

interface Stalled {
  readonly ok: number;
  readonly observedMs: readonly number[];
  readonly answeredMs: readonly number[];
  /** Mean time between answers while the queue drained, microseconds. */
  readonly drainUs: number;
}

async function stalled(
  kind: 'http' | 'grpc',
  warmInFlight: number,
  targetAt: (port: number) => NetworkSpec,
): Promise<Stalled> {
  const server = pinned(SERVER_CORE, process.execPath, [entry, kind], 'ipc');
  const told = Promise.withResolvers<readonly number[]>();
  const listening = Promise.withResolvers<number>();
  server.on('message', (message: FromStalling) => {
    if (message.kind === 'listening') listening.resolve(message.port);
    else told.resolve(message.atNs);
  });
  const say = (message: ToStalling): void => void server.send(message);
  let zeroNs = 0;
  const armed = (zero: bigint): void => {
    zeroNs = Number(zero);
    const fromNs = zeroNs + STALL.atNs;
    say({ kind: 'stall', fromNs, untilNs: fromNs + STALL.forNs });
  };
  const load = uniform(RATE, FOR_S);
  const { tally } = await pinnedTrial(targetAt(await listening.promise), load, FOR_S, { armed, warmInFlight });
  say({ kind: 'report' });
  const answers = (await told.promise).filter((atNs) => atNs >= zeroNs).slice(-RATE * FOR_S);
  server.disconnect();
  const late = answers.map((atNs, index) => atNs - zeroNs - (index * 1e9) / RATE).toSorted((a, b) => a - b);
  const resumedNs = zeroNs + STALL.atNs + STALL.forNs;
  const drained = answers.filter((atNs) => atNs >= resumedNs).slice(0, (RATE * STALL.forNs) / 1e9);
  return {
    ok: tally.outcomes[Outcome.ok] as number,
    observedMs: QUANTILES.map((p) => tally.response.quantileNs(p) / 1e6),
    answeredMs: QUANTILES.map((p) => (late[Math.ceil(p * late.length) - 1] ?? Number.NaN) / 1e6),
    drainUs: ((drained.at(-1) ?? 0) - (drained[0] ?? 0)) / (drained.length - 1) / 1e3,
  };
}

const percent = (observed: number, expected: number): string => {
  const error = (100 * (observed - expected)) / expected;
  return `${error >= 0 ? '+' : ''}${error.toFixed(2)} %`.padStart(9);
};

const LATER = Math.round((1 - QUANTILES[0]) * RATE * FOR_S);
for (const meanwhile of ['asleep', 'awake'] as const) {
  const tripUs = await bareRoundTripUs(meanwhile);
  console.log(
    `a bare round trip, both sides ${meanwhile}: ${tripUs.toFixed(0)} us; ${LATER} of them: ${((LATER * tripUs) / 1e3).toFixed(0)} ms, +${((LATER * tripUs) / 10 / ANALYTIC_MS[0]).toFixed(1)} % at P90`,
  );
}
try {
  for (let round = 0; round < rounds; round++) {
    for (const kind of ['http', 'grpc'] as const) {
      for (const connections of [1, 64]) {
        const found = await stalled(kind, connections, (port) =>
          kind === 'http' ? getTarget(port, connections) : greetTarget(port, connections, 100, folder),
        );
        console.log(
          `${kind}, ${connections} connection${connections === 1 ? '' : 's'}: ${found.ok} of ${RATE * FOR_S} ok; ${found.drainUs.toFixed(0)} us between answers after the stall`,
        );
        for (const [i, p] of QUANTILES.entries()) {
          const [observed = 0, analytic = 0, answered = 0] = [found.observedMs[i], ANALYTIC_MS[i], found.answeredMs[i]];
          console.log(
            `  P${100 * p}  observed ${observed.toFixed(1).padStart(7)} ms   analytic ${analytic} ms ${percent(observed, analytic)}   as answered ${answered.toFixed(1).padStart(7)} ms ${percent(observed, answered)}`,
          );
        }
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
