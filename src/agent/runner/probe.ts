import type { TargetSpec } from '../../campaign/target-spec.ts';
import type { PerSecond, Phase } from '../../scenarios/phase.ts';
import { Tally } from '../../stats/tally.ts';
import { nodeMonotonic } from '../../time/monotonic.ts';
import { type Ns, ns, seconds } from '../../time/ns.ts';
import type { CalibrationSpec } from '../../wire/calibration.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import type { SealedInterval } from './sealed-interval.ts';
import { Trial } from './trial.ts';

/** A stretch of uniform load of a probe. */
export interface ProbeLoad {
  readonly rate: PerSecond;
  readonly forS: number;
}

/** What a probe is held against. */
export interface ProbeSubject {
  readonly target: TargetSpec;
  /** Told instant 0 of the trial, on the node's monotonic clock. */
  readonly armed: (zero: bigint) => void;
}

export interface ProbeSpec {
  readonly subject: ProbeSubject;
  /** One phase each. */
  readonly loads: readonly ProbeLoad[];
  /** Workers beyond this number would add nothing but time. */
  readonly mostWorkers: number;
}

/** What a probe saw. */
export interface ProbeResult {
  /** Per phase. */
  readonly tallies: readonly Tally[];
  /** Requests completed in each second since the start, whatever load they belong to. */
  readonly achieved: readonly number[];
}

/** A trial of the harness itself, whichever driver runs it. */
interface ProbeTrial {
  readonly opened: Promise<unknown>;
  readonly done: Promise<unknown>;
  arm(zero: bigint): void;
  stop(atNs: number): void;
  disband(): Promise<void>;
}

const ARM_AHEAD_NS = 20_000_000n;

/** Runs a short trial of the harness itself, stopped at the end of its last load. */
export async function probe(
  { pacing, workers }: CalibrationSpec,
  { subject: { target, armed }, loads, mostWorkers }: ProbeSpec,
  workerFile: string,
): Promise<ProbeResult> {
  const phases = openPhases(loads);
  const spec = { ...PROBE_TRIAL, target, phases, pacing, workers: Math.min(workers, mostWorkers) };
  return await probed(phases, armed, (onSealed) => new Trial({ spec, origin: nodeMonotonic(), workerFile, onSealed }));
}

/** Runs a trial from its opening to the end of its last phase, where it is stopped. */
export async function probed(
  phases: readonly Phase[],
  armed: ProbeSubject['armed'],
  make: (onSealed: (interval: SealedInterval) => void) => ProbeTrial,
): Promise<ProbeResult> {
  const tallies = phases.map(() => new Tally(0));
  const achieved: number[] = [];
  const trial = make((interval) => {
    for (const { phase, tally } of interval.slots) (tallies[phase] as Tally).add(tally);
    achieved.push(interval.phases.reduce((sum, events) => sum + events.achieved, 0));
  });
  await trial.opened;
  const zero = nodeMonotonic() + ARM_AHEAD_NS;
  armed(zero);
  trial.arm(zero);
  trial.stop(endNs(phases));
  await trial.done;
  await trial.disband();
  return { tallies, achieved };
}

/** One phase after the other. */
export function openPhases(loads: readonly ProbeLoad[]): readonly Phase[] {
  const phases: Phase[] = [];
  for (const [index, { rate, forS }] of loads.entries()) {
    const durationNs = seconds(forS);
    const load = {
      kind: 'open',
      law: 'uniform',
      profile: [{ from: rate, to: rate, durationNs }],
      count: Math.round(rate * forS),
    } as const;
    phases.push({ name: `probe ${index}`, purpose: 'measure', startNs: endNs(phases), durationNs, load, slots: 1 });
  }
  return phases;
}

const endNs = (phases: readonly Phase[]): Ns => {
  const last = phases.at(-1);
  return ns(last === undefined ? 0 : last.startNs + last.durationNs);
};

/** What all probes have in common. */
export const PROBE_TRIAL: Omit<TrialSpec, 'target' | 'phases'> = {
  cell: 0,
  cellId: 'calibration',
  trial: 1,
  attempt: 1,
  seed: '0',
  scenario: 'calibration',
  share: { index: 0, of: 1 },
  workers: 1,
  pacing: 'precise',
  backlog: null,
  timeoutNs: seconds(60),
  drainNs: seconds(2),
  limits: [],
  overdue: [],
  graceNs: seconds(1),
};
