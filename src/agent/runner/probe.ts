import type { TargetSpec } from '../../campaign/target-spec.ts';
import type { PerSecond, Phase } from '../../scenarios/phase.ts';
import { Tally } from '../../stats/tally.ts';
import { nodeMonotonic } from '../../time/monotonic.ts';
import { NS_PER_S, ns, seconds } from '../../time/ns.ts';
import type { CalibrationSpec } from '../../wire/calibration.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
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
  /** Per load. */
  readonly tallies: readonly Tally[];
  /** Requests completed in each second since the start, whatever load they belong to. */
  readonly achieved: readonly number[];
}

const ARM_AHEAD_NS = 20_000_000n;

/** Runs a short trial of the harness itself, stopped at the end of its last load. */
export async function probe(calibration: CalibrationSpec, spec: ProbeSpec, workerFile: string): Promise<ProbeResult> {
  const phases = phasesOf(spec.loads);
  const tallies = phases.map(() => new Tally(0));
  const achieved: number[] = [];
  const trial = new Trial({
    spec: trialSpec(calibration, spec, phases),
    origin: nodeMonotonic(),
    workerFile,
    onSealed: (interval) => {
      for (const { phase, tally } of interval.slots) (tallies[phase] as Tally).add(tally);
      achieved.push(interval.phases.reduce((sum, events) => sum + events.achieved, 0));
    },
  });
  await trial.opened;
  const zero = nodeMonotonic() + ARM_AHEAD_NS;
  spec.subject.armed(zero);
  trial.arm(zero);
  trial.stop(spec.loads.reduce((end, load) => end + load.forS, 0) * NS_PER_S);
  await trial.done;
  await trial.disband();
  return { tallies, achieved };
}

function phasesOf(loads: readonly ProbeLoad[]): Phase[] {
  const phases: Phase[] = [];
  let startNs = ns(0);
  for (const [index, { rate, forS }] of loads.entries()) {
    const durationNs = seconds(forS);
    const load = {
      kind: 'open',
      law: 'uniform',
      profile: [{ from: rate, to: rate, durationNs }],
      count: Math.round(rate * forS),
    } as const;
    phases.push({ name: `probe ${index}`, purpose: 'measure', startNs, durationNs, load, slots: 1 });
    startNs = ns(startNs + durationNs);
  }
  return phases;
}

const trialSpec = (
  { pacing, workers }: CalibrationSpec,
  { subject: { target }, mostWorkers }: ProbeSpec,
  phases: readonly Phase[],
): TrialSpec => ({
  cell: 0,
  cellId: 'calibration',
  trial: 1,
  attempt: 1,
  seed: '0',
  scenario: 'calibration',
  phases,
  target,
  share: { index: 0, of: 1 },
  workers: Math.min(workers, mostWorkers),
  pacing,
  backlog: null,
  timeoutNs: seconds(60),
  drainNs: seconds(2),
  limits: [],
  overdue: [],
  graceNs: seconds(1),
});
