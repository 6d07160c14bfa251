// Runs one agent's share of a trial in this process, with real threads, and adds up what its intervals say.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SealedInterval } from '../../src/agent/runner/sealed-interval.ts';
import { Trial, type TrialEnd } from '../../src/agent/runner/trial.ts';
import { Tally } from '../../src/stats/tally.ts';
import { nodeMonotonic } from '../../src/time/monotonic.ts';
import type { TrialSpec } from '../../src/wire/trial-spec.ts';

// As the runner's entry does: threads start in half the time.
enableCompileCache();

export const workerFile = fileURLToPath(new URL('../../src/agent/runner/worker.ts', import.meta.url));

/** What one phase came to over all intervals. */
export interface ServedPhase {
  readonly tally: Tally;
  readonly offered: number;
  readonly started: number;
  readonly achieved: number;
  readonly failed: number;
}

export interface ServedTrial {
  readonly end: TrialEnd;
  readonly phases: readonly ServedPhase[];
  readonly intervals: readonly Omit<SealedInterval, 'slots'>[];
  readonly last: Omit<SealedInterval, 'slots'>;
  readonly inFlightS: number;
  readonly settledS: number;
}

export interface ServeOptions {
  readonly workerFile?: string;
  /** Called once the trial is armed. */
  readonly meanwhile?: (trial: Trial) => void;
}

const ARM_AHEAD_NS = 20_000_000n;

export async function serve(spec: TrialSpec, options: ServeOptions = {}): Promise<ServedTrial> {
  const tallies = spec.phases.map(() => new Tally(spec.limits.length));
  const intervals: Omit<SealedInterval, 'slots'>[] = [];
  const trial = new Trial({
    spec,
    origin: nodeMonotonic(),
    workerFile: options.workerFile ?? workerFile,
    onSealed: ({ slots, ...interval }) => {
      for (const { phase, tally } of slots) tallies[phase]?.add(tally);
      intervals.push(interval);
    },
  });
  await trial.opened;
  const firstNs = BigInt(spec.phases[0]?.startNs ?? 0);
  trial.arm(nodeMonotonic() + ARM_AHEAD_NS - firstNs);
  options.meanwhile?.(trial);
  const end = await trial.done;
  if (end.inFlight === 0) await trial.disband();
  return summary(end, tallies, intervals);
}

function summary(end: TrialEnd, tallies: readonly Tally[], intervals: Omit<SealedInterval, 'slots'>[]): ServedTrial {
  const last = intervals.at(-1);
  if (last === undefined) throw new Error('a trial without any interval');
  const total = (phase: number, field: 'offered' | 'started' | 'achieved' | 'failed') =>
    sum(intervals.map((interval) => sum(interval.phases.filter((p) => p.phase === phase).map((p) => p[field]))));
  return {
    end,
    phases: tallies.map((tally, phase) => ({
      tally,
      offered: total(phase, 'offered'),
      started: total(phase, 'started'),
      achieved: total(phase, 'achieved'),
      failed: total(phase, 'failed'),
    })),
    intervals,
    last,
    inFlightS: sum(intervals.map((interval) => interval.inFlightS)),
    settledS: sum(intervals.map((interval) => interval.settledS)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Nearest-rank quantile of the response times, milliseconds. */
export const responseMs = (served: ServedTrial, quantile: number, phase = 0): number =>
  (served.phases[phase]?.tally.response.quantileNs(quantile) ?? Number.NaN) / 1e6;
