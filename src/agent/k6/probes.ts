import { fileURLToPath } from 'node:url';
import type { K6Spec } from '../../campaign/target-spec.ts';
import type { Phase } from '../../scenarios/phase.ts';
import type { Tally } from '../../stats/tally.ts';
import { nodeMonotonic } from '../../time/monotonic.ts';
import { milliseconds, ns, seconds } from '../../time/ns.ts';
import type { DriverSize } from '../../wire/calibration.ts';
import type { Probes } from '../runner/calibration-probes.ts';
import { STALL, STALL_LOAD } from '../runner/calibration-subject.ts';
import { type Behaviour, startResponder } from '../runner/canned-responder.ts';
import { TargetRefused } from '../runner/crew.ts';
import { openPhases, PROBE_TRIAL, type ProbeResult, probed } from '../runner/probe.ts';
import { findK6 } from './program.ts';
import { K6Trial } from './trial.ts';

/** Shipped beside `src` and `dist`. */
const SCRIPT = fileURLToPath(new URL('../../../k6/calibration.ts', import.meta.url));

const FLOOR_LOAD = { rate: 100, forS: 2 };
const CEILING_S = 3;
/** Seconds of the loops that count: k6 takes the first to get going. */
const CEILING_SECONDS = [FLOOR_LOAD.forS + 1, FLOOR_LOAD.forS + 2];
const SERVICE_LOAD = { rate: 20, forS: 1.5 };
/** More than a stall ever holds. */
const STALL_VUS = 200;
const SERVICE_VUS = 10;

/** Tells how the responder is to behave, from instant 0 of the trial on the node's monotonic clock. */
type Behave = (zeroNs: number) => Behaviour;

/** k6 itself against a canned responder of HTTP/1.1, one request an iteration. Throws a `TargetRefused` where there is no k6. */
export async function k6Probes({ connections: vus }: DriverSize, env: NodeJS.ProcessEnv): Promise<Probes> {
  const program = await findK6(env);
  if (typeof program === 'string') throw new TargetRefused(`k6: ${program}`);
  const responder = await startResponder('http/1.1', 0, null);
  const url = `http://127.0.0.1:${responder.port}/`;
  const run = (phases: readonly Phase[], most: number, behave: Behave): Promise<ProbeResult> => {
    const spec = { ...PROBE_TRIAL, phases, target: targetOf(most, url) };
    return probed(
      phases,
      (zero) => responder.behave(behave(Number(zero))),
      (onSealed) => new K6Trial({ spec, origin: nodeMonotonic(), env, onSealed }),
    );
  };
  const serviceNs = milliseconds(20);
  return {
    facts: { k6: { version: program.version, output: program.output } },
    serviceNs,
    async prompt() {
      const { tallies, achieved } = await run(promptPhases(vus), vus, () => ({ serviceNs: ns(0), stall: null }));
      const reached = CEILING_SECONDS.reduce((sum, second) => sum + (achieved[second] ?? 0), 0);
      const floor = (tallies[0] as Tally).service;
      return { ceilingPerSecond: reached / CEILING_SECONDS.length, lag: null, floor };
    },
    async stalled() {
      const { tallies } = await run(openPhases([STALL_LOAD]), STALL_VUS, (zeroNs) => ({
        serviceNs: ns(0),
        stall: { fromNs: zeroNs + STALL.atNs, untilNs: zeroNs + STALL.atNs + STALL.forNs },
      }));
      return tallies[0] as Tally;
    },
    async served() {
      const { tallies } = await run(openPhases([SERVICE_LOAD]), SERVICE_VUS, () => ({ serviceNs, stall: null }));
      return tallies[0] as Tally;
    },
    close: () => responder.close(),
  };
}

/** A schedule far below what k6 can send, then loops that wait for nothing but their answers. */
function promptPhases(inFlight: number): readonly Phase[] {
  const open = openPhases([FLOOR_LOAD]);
  const load = { kind: 'closed', inFlight, thinkNs: ns(0) } as const;
  const [startNs, durationNs] = [seconds(FLOOR_LOAD.forS), seconds(CEILING_S)];
  return [...open, { name: 'loops', purpose: 'measure', startNs, durationNs, load, slots: 1 }];
}

const targetOf = (vus: number, url: string): K6Spec => ({
  kind: 'k6',
  script: { name: 'k6/calibration.ts', path: SCRIPT, sha256: '' },
  vus,
  env: { URL: url },
  options: 'scenario',
  thresholds: {},
  executors: 'open',
});
