// Runs one trial in a runner process of its own, as an agent does, and adds up what it reports.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromRunner } from '../../src/agent/runner/messages.ts';
import type { PhaseLoad } from '../../src/scenarios/phase.ts';
import { Tally } from '../../src/stats/tally.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import { ns, seconds } from '../../src/time/ns.ts';
import type { Interval } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { addSlotTo, decodeInterval } from '../../src/wire/interval-codec.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';

export interface RunnerRun {
  readonly tally: Tally;
  readonly intervals: readonly Interval[];
  /** CPU seconds of the whole runner from its first to its last interval, per second. */
  readonly pacingCpu: number;
}

/** One measure phase of a trial of its own. */
export function benchSpec(load: PhaseLoad, forS: number, changes: Partial<TrialSpec> = {}): TrialSpec {
  return {
    cell: 0,
    cellId: 'bench',
    trial: 1,
    attempt: 1,
    seed: '1',
    scenario: 'bench',
    phases: [{ name: 'load', purpose: 'measure', startNs: ns(0), durationNs: seconds(forS), load, slots: 20 }],
    target: { kind: 'null' },
    share: { index: 0, of: 1 },
    workers: 1,
    pacing: 'precise',
    backlog: null,
    timeoutNs: seconds(3600),
    drainNs: seconds(5),
    limits: [{ metric: 'response', limitNs: 100e6 }],
    overdue: [],
    graceNs: seconds(1),
    ...changes,
  };
}

export const uniform = (rate: number, forS: number): PhaseLoad => ({
  kind: 'open',
  law: 'uniform',
  profile: [{ from: rate, to: rate, durationNs: seconds(forS) }],
  count: Math.round(rate * forS),
});

const entry = fileURLToPath(new URL('../../src/agent/runner/main.ts', import.meta.url));

/** `stopAfterS`: stops the trial at that instant. */
export async function runTrial(spec: TrialSpec, stopAfterS: number | null = null): Promise<RunnerRun> {
  const child = fork(entry, [], { serialization: 'advanced', execArgv: [] });
  const tally = new Tally(spec.limits.length);
  const intervals: Interval[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on('exit', (code, signal) => reject(new Error(`the runner ended: ${signal ?? code}`)));
  child.on('message', (message: FromRunner) => {
    switch (message.kind) {
      case 'ready':
        child.send({ kind: 'arm', zero: nodeMonotonic() + 50_000_000n - BigInt(spec.phases[0]?.startNs ?? 0) });
        if (stopAfterS !== null) child.send({ kind: 'stop', atNs: stopAfterS * 1e9 });
        return;
      case 'interval': {
        const interval = decodeInterval(message.payload);
        for (const slot of interval.slots) addSlotTo(tally, slot);
        intervals.push(interval);
        return;
      }
      case 'done':
        return resolve();
      case 'fault':
        return reject(new Error(message.message));
    }
  });
  child.send({ kind: 'prepare', spec });
  await promise;
  const cpuS = intervals.reduce((sum, { host }) => sum + (host?.pacingCpuS ?? 0), 0);
  const wallS = intervals.reduce((sum, { host }) => sum + (host?.pacingWallS ?? 0), 0);
  return { tally, intervals, pacingCpu: cpuS / wallS };
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Requests completed ok in second `index` of the trial. */
export const achievedIn = ({ intervals }: RunnerRun, index: number): number =>
  intervals[index]?.phases.reduce((sum, { achieved }) => sum + achieved, 0) ?? 0;
