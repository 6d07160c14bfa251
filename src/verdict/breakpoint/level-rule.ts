import type { Objective } from '../../campaign/objective.ts';
import type { LatencyLimit, Tally } from '../../stats/tally.ts';
import type { LagView } from '../lag-view.ts';
import { limitIndex } from '../limits.ts';
import { latencyQuestion } from '../objectives/latency.ts';
import { inPercent } from '../wording.ts';

/** What is known of one level of a breakpoint scenario. */
export interface Level {
  readonly tally: Tally;
  /** Requests that stand behind every share: all that settled, or all that are planned while it still runs. */
  readonly of: number;
  /** Of them, those that were surely not ok in time. */
  readonly late: number;
}

/** A level that ran to its end, everything settled. */
export const wholeLevel = (tally: Tally): Level => ({ tally, of: tally.settled, late: tally.settled - tally.inTime });

/** A level of `planned` arrivals as far as it has settled: what breaks it now, nothing can mend. */
export const partOfLevel = (tally: Tally, planned: number): Level => ({ ...wholeLevel(tally), of: planned });

/**
 * Why a level breaks, a clause for people; null: it holds so far. It breaks when its share over a limit exceeds 1 - p, its
 * error share the limit, or more than one in a hundred of its requests is not started, or not ok in time.
 */
export function whyBroken(
  objectives: readonly Objective[],
  level: Level,
  limits: readonly LatencyLimit[],
  lag: LagView = 'response',
): string | null {
  for (const objective of objectives) {
    const why = missed(objective, level, limits, lag);
    if (why !== null) return why;
  }
  const { tally, of, late } = level;
  const unstarted = tally.settled - tally.started;
  if (isTooMany(unstarted, of)) return `only ${inPercent(1 - unstarted / of)} of the offered were started`;
  if (isTooMany(late, of)) return `only ${inPercent(1 - late / of)} of the offered were ok in time`;
  return null;
}

const isTooMany = (count: number, of: number): boolean => count * 100 > of;

function missed(
  objective: Objective,
  { tally, of }: Level,
  limits: readonly LatencyLimit[],
  lag: LagView,
): string | null {
  const { indicator } = objective;
  const failed = tally.settled - tally.ok;
  if (indicator.kind === 'errors') {
    const share = failed / Math.max(1, of);
    return share > objective.limit ? `${objective.text}: ${inPercent(share)} failed` : null;
  }
  if (indicator.kind === 'max') {
    const index = limitIndex(limits, objective) ?? 0;
    const over = ((lag === 'response' ? tally.over : tally.overLessLag)[index] ?? 0) + failed;
    return over > 0 ? `${objective.text}: ${over} over` : null;
  }
  if (indicator.kind !== 'latency') return null;
  const question = latencyQuestion(objective, indicator, limits);
  const over = lag === 'response' ? question.over(tally) : question.overLessLag(tally);
  // Of a level that still runs at most `of` will have been started, of one that ended exactly these.
  const n = of - (tally.settled - question.of(tally));
  return over > question.rule.allowed * n * (1 + 1e-9) ? `${objective.text}: ${inPercent(over / n)} over` : null;
}
