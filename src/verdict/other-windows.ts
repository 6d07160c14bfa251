import type { Objective } from '../campaign/objective.ts';
import type { Cell } from '../campaign/plan.ts';
import { type LatencyLimit, Tally } from '../stats/tally.ts';
import type { TrialEvidence } from './evidence.ts';
import { latencyLimits } from './limits.ts';
import { overdueLimits } from './window/overdue-limits.ts';
import type { SealedSecond } from './window/sealed-second.ts';

/**
 * Whether the windows of an objective can be judged on a run that was not planned with it: at the end of every second the
 * run counted what was older than the limits of its own windows, and nothing is known of others. Length, share and
 * confidence may be any.
 */
export const countsWindowsOf = (own: Cell, objective: Objective): boolean =>
  overdueLimits({ objectives: [objective], timeoutNs: own.timeoutNs }).every(
    (age) => indexIn(overdueLimits(own), age) >= 0,
  );

/** The sealed seconds of a run's own cell, counted against the limits of other objectives whose windows it counts. */
export function sealedUnder(own: Cell, others: readonly Objective[], sealed: TrialEvidence['sealed']): SealedSecond[] {
  const counted = latencyLimits(own.objectives);
  const limits = latencyLimits(others).map((limit) => indexIn(counted, limit));
  const known = overdueLimits(own);
  const ages = overdueLimits({ objectives: others, timeoutNs: own.timeoutNs }).map((age) => indexIn(known, age));
  const pick = (counts: readonly number[]): number[] => ages.map((age) => counts[age] ?? 0);
  return sealed.map((second) => ({
    ...second,
    phases: second.phases.map(({ phase, tally }) => ({ phase, tally: against(tally, limits) })),
    overdue: pick(second.overdue),
    overdueLessLag: pick(second.overdueLessLag),
  }));
}

/** `limits`: where each stands among those that were counted; of a negative one, which no window asks for, nothing is. */
function against(tally: Tally, limits: readonly number[]): Tally {
  const other = new Tally(limits.length, tally);
  for (const [i, known] of limits.entries()) {
    other.over[i] = tally.over[known] ?? 0;
    other.overLessLag[i] = tally.overLessLag[known] ?? 0;
  }
  return other;
}

const indexIn = (limits: readonly LatencyLimit[], { metric, limitNs }: LatencyLimit): number =>
  limits.findIndex((known) => known.metric === metric && known.limitNs === limitNs);
