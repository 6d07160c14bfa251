import type { Cell } from '../../campaign/plan.ts';
import { NS_PER_MS } from '../../time/ns.ts';
import { tightestLimitNs } from '../limits.ts';
import { wholeOf } from '../trial-view.ts';
import { inMs, inPercent } from '../wording.ts';
import { type Examined, type Flaw, flaw, isCutOff } from './rule.ts';

const INVALID_LAG = 0.1;
const HIGH_LAG = 0.01;
/** P99 of lag up to which no limit makes it worth a caution, nanoseconds. */
export const HIGH_LAG_FLOOR_NS = NS_PER_MS;
const INVALID_NOT_STARTED = 0.001;

/** What helps against lag, beside what the cell does already. */
const lagHint = ({ pacing }: Cell): string => {
  const rest = 'fewer workers than cores, or more agents; keep other work off the node.';
  return pacing === 'precise' ? `Use ${rest}` : `Use \`pacing: precise\`, ${rest}`;
};

/**
 * Every latency objective is judged on response and again without the harness's own lag: both must say the same. A level
 * of a search decides nothing by itself: its search is asked the same of the peak.
 */
export function verdictHangsOnLag({ cell, judged, where }: Examined): readonly Flaw[] {
  if (cell.judgedBy === 'peak') return [];
  return judged
    .filter(({ decides, decision, lessLag }) => decides && decision !== lessLag)
    .map(({ result, decision, lessLag }) =>
      flaw(
        'invalid',
        'generator-decides',
        where,
        `${result.objective} is ${decision} on response time and ${lessLag} without the harness's own lag.`,
        lagHint(cell),
      ),
    );
}

/** P99 lag above a tenth of the tightest latency limit: what is measured is the harness. */
export function lagAgainstLimit({ cell, view, where }: Examined): readonly Flaw[] {
  const { lag } = wholeOf([view], 0);
  if (lag.total === 0) return [];
  const p99 = lag.quantileNs(0.99);
  const limit = tightestLimitNs(cell.objectives, ({ metric }) => metric !== 'betweenEvents');
  if (limit !== null && p99 > INVALID_LAG * limit) {
    const message = `P99 of the harness's own lag is ${inMs(p99)}, above a tenth of the tightest latency limit, ${inMs(limit)}.`;
    return [flaw('invalid', 'generator-decides', where, message, lagHint(cell))];
  }
  if (p99 <= Math.max(HIGH_LAG_FLOOR_NS, HIGH_LAG * (limit ?? 0))) return [];
  const against = limit === null ? '' : `, the tightest latency limit is ${inMs(limit)}`;
  return [flaw('caution', 'lag-high', where, `P99 of the harness's own lag is ${inMs(p99)}${against}.`, lagHint(cell))];
}

/** Arrivals that found a place free and were not started. */
export function notStarted({ cell, evidence, where }: Examined): readonly Flaw[] {
  if (isCutOff(evidence)) return [];
  const missed = evidence.agents.reduce((sum, agent) => sum + agent.notStartedThoughFree, 0);
  const offered = evidence.agents.reduce((sum, agent) => sum + agent.offered.reduce((a, b) => a + b, 0), 0);
  const share = missed / Math.max(1, offered);
  if (share <= INVALID_NOT_STARTED) return [];
  const message = `${missed} of ${offered} arrivals (${inPercent(share)}) were not started although a place was free; at most ${inPercent(INVALID_NOT_STARTED)} may.`;
  return [flaw('invalid', 'not-started', where, message, lagHint(cell))];
}
