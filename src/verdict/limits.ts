import type { Objective } from '../campaign/objective.ts';
import type { LatencyLimit } from '../stats/tally.ts';
import { type Ns, ns, seconds } from '../time/ns.ts';

/**
 * The latency limits that a trial counts exactly, one per distinct (metric, threshold) in the order of the
 * objectives. This order is that of `over` in every tally of the trial.
 *
 * A request is over `< L` when its latency is at or above L, and over `<= L` from the next nanosecond on.
 */
export function latencyLimits(objectives: readonly Objective[]): readonly LatencyLimit[] {
  const limits: LatencyLimit[] = [];
  for (const objective of objectives) {
    const limit = limitOf(objective);
    if (limit !== null && indexOf(limits, limit) < 0) limits.push(limit);
  }
  return limits;
}

/** Index of an objective's limit in {@link latencyLimits} of the same objectives; null where it bounds no latency. */
export function limitIndex(limits: readonly LatencyLimit[], objective: Objective): number | null {
  const limit = limitOf(objective);
  if (limit === null) return null;
  const index = indexOf(limits, limit);
  if (index < 0) throw new Error(`${objective.text}: its limit is not among those that the trial counted`);
  return index;
}

/** g: how long after a phase's end a completion is still in time: the tightest response limit, else one second. */
export function graceNs(objectives: readonly Objective[]): Ns {
  const tightest = tightestLimitNs(objectives, (limit) => limit.metric === 'response');
  return tightest ?? seconds(1);
}

/** The smallest latency limit among the objectives that `of` admits; null when there is none. Nanoseconds. */
export function tightestLimitNs(
  objectives: readonly Objective[],
  of: (limit: LatencyLimit) => boolean = () => true,
): Ns | null {
  let tightest: number | null = null;
  for (const objective of objectives) {
    const limit = limitOf(objective);
    if (limit !== null && of(limit)) tightest = Math.min(tightest ?? Number.POSITIVE_INFINITY, objective.limit);
  }
  return tightest === null ? null : ns(tightest);
}

/** What is counted for one objective; null where it bounds no latency. `response.max` bounds every response. */
function limitOf(objective: Objective): LatencyLimit | null {
  const { indicator, comparison, limit } = objective;
  if (indicator.kind !== 'latency' && indicator.kind !== 'max') return null;
  const metric = indicator.kind === 'max' ? 'response' : indicator.metric;
  return { metric, limitNs: comparison === '<=' ? limit + 1 : limit };
}

const indexOf = (limits: readonly LatencyLimit[], limit: LatencyLimit): number =>
  limits.findIndex((known) => known.metric === limit.metric && known.limitNs === limit.limitNs);
