import type { Objective } from '../../campaign/objective.ts';
import type { Cell, Plan } from '../../campaign/plan.ts';
import type { Search } from '../../stats/peak/search.ts';
import type { LatencyLimit, Tally } from '../../stats/tally.ts';
import { latencyLimits } from '../limits.ts';
import { errorsQuestion } from '../objectives/errors.ts';
import { latencyQuestion } from '../objectives/latency.ts';

/** One limit that a search keeps: a share of the requests that may be over it. */
export interface PeakLimit {
  /** An objective, or that what is offered is done in time. */
  readonly text: string;
  readonly allowed: number;
  over(tally: Tally): number;
  /** The same on response - lag. */
  overLessLag(tally: Tally): number;
  of(tally: Tally): number;
}

/** A level holds only where this share of what it offers is ok in time, whatever the objectives are. */
const IN_TIME = 0.99;

const inTime: PeakLimit = {
  text: `ok in time >= ${IN_TIME * 100}% of offered`,
  allowed: 1 - IN_TIME,
  over: (tally) => tally.settled - tally.inTime,
  overLessLag: (tally) => tally.settled - tally.inTime,
  of: (tally) => tally.settled,
};

/** Every objective that a rate can break, in their order, and at last that what is offered is done in time. */
export function peakLimits(objectives: readonly Objective[]): readonly PeakLimit[] {
  const limits = latencyLimits(objectives);
  return [...objectives.flatMap((objective) => limitOf(objective, limits) ?? []), inTime];
}

function limitOf(objective: Objective, limits: readonly LatencyLimit[]): PeakLimit | null {
  const { indicator, text, limit } = objective;
  if (indicator.kind === 'latency') {
    const { rule, over, overLessLag, of } = latencyQuestion(objective, indicator, limits);
    return { text, allowed: rule.allowed, over, overLessLag, of };
  }
  if (indicator.kind !== 'errors') return null;
  const { over, overLessLag, of } = errorsQuestion(objective);
  return { text, allowed: limit, over, overLessLag, of };
}

/** The search that a cell's trials carry out; null: it is none. */
export function searchOf({ seed }: Pick<Plan, 'seed'>, { id, open, objectives }: Cell): Search | null {
  if (open?.kind !== 'search') return null;
  const allowed = peakLimits(objectives).map((limit) => limit.allowed);
  return { seed, name: id, from: open.from, until: open.until, allowed };
}
