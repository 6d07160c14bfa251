import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import type { LatencyLimit } from '../../stats/tally.ts';
import { latencyLimits } from '../limits.ts';

/**
 * The ages that a cell's runners count outstanding requests against whenever they seal a second: one per distinct limit of
 * the objectives over a window, in their order. Of an error rate it is the timeout: older than that, a request has failed.
 */
export function overdueLimits({ objectives, timeoutNs }: Pick<Cell, 'objectives' | 'timeoutNs'>): LatencyLimit[] {
  const limits: LatencyLimit[] = [];
  for (const objective of objectives) {
    if (objective.overNs === null) continue;
    const limit = ageOf(objective, timeoutNs);
    if (limit !== null && indexOf(limits, limit) < 0) limits.push(limit);
  }
  return limits;
}

/** Index of an objective's age in {@link overdueLimits} of the same cell. */
export function overdueIndex(cell: Pick<Cell, 'objectives' | 'timeoutNs'>, objective: Objective): number {
  const limit = ageOf(objective, cell.timeoutNs);
  const index = limit === null ? -1 : indexOf(overdueLimits(cell), limit);
  if (index < 0) throw new Error(`${objective.text}: no age is counted for it`);
  return index;
}

/** Null where an indicator is no share of requests, so that it has no windows. */
function ageOf(objective: Objective, timeoutNs: number): LatencyLimit | null {
  if (objective.indicator.kind === 'errors') return { metric: 'response', limitNs: timeoutNs };
  return latencyLimits([objective])[0] ?? null;
}

const indexOf = (limits: readonly LatencyLimit[], { metric, limitNs }: LatencyLimit): number =>
  limits.findIndex((known) => known.metric === metric && known.limitNs === limitNs);
