import { isConstant } from '../scenarios/profile.ts';
import { effectiveSize } from '../stats/effective.ts';
import { floorOf } from '../stats/percentile.ts';
import { toSeconds } from '../time/ns.ts';
import type { Objective } from './objective.ts';
import type { Cell } from './plan.ts';

/**
 * Objectives that a cell cannot pass however well it does, because too few requests are judged: with none over the
 * limit a share of 1 - p is proven at confidence c by ln(1 - c) / ln(p) effective requests, 107 scheduled ones for a
 * P95 at 0.99. Only where shares are estimated: on one constant-rate open phase, and on each level of a stress scenario.
 */
export function feasibilityNotes(cells: readonly Cell[]): readonly string[] {
  return [...new Set([...cells.filter(({ judge }) => judge).flatMap(cellNotes), ...cells.flatMap(firstLevelNotes)])];
}

/** Below its floor a percentile is decided by one or two requests, and the first level that breaks by chance ends a search. */
function firstLevelNotes({ open, scenario, objectives }: Cell): string[] {
  if (open?.kind !== 'search') return [];
  const requests = Math.round(open.from * toSeconds(open.everyNs));
  return objectives.flatMap((objective) => {
    const share = keptShare(objective);
    const floor = share === null ? 0 : floorOf(share);
    return floor <= requests
      ? []
      : [
          `scenario ${scenario}: its first level holds ${requests} requests, ${objective.text} needs ${floor}: one slow request more may end the search there; begin higher, or make levels longer`,
        ];
  });
}

function cellNotes(cell: Cell): string[] {
  const requests = fewestJudged(cell);
  if (requests === null) return [];
  return cell.objectives.flatMap((objective) => {
    const needed = requestsNeeded(objective);
    if (needed === null || needed <= requests) return [];
    const where = cell.judgedBy === 'level' ? 'its smallest level holds' : 'it holds';
    return [
      `scenario ${cell.scenario}: ${objective.text} cannot pass: that takes ${needed} requests with none over, ${where} ${requests}`,
    ];
  });
}

/** Requests to prove an objective on when none of them is over its limit; null where shares play no part. */
export function requestsNeeded(objective: Objective): number | null {
  const { confidence } = objective;
  const p = keptShare(objective);
  return p === null ? null : Math.ceil(Math.log(1 - confidence) / Math.log(p) / effectiveSize(1, 1, confidence));
}

/** The share of the requests that must keep an objective; null where it is about no share. */
function keptShare({ indicator, limit }: Objective): number | null {
  if (indicator.kind === 'latency') return indicator.quantile;
  return indicator.kind === 'errors' ? 1 - limit : null;
}

/** Requests over all trials of what is judged with bounds, the smallest such part; null where facts decide. */
function fewestJudged({ phases, judgedBy, trials }: Cell): number | null {
  const counts = phases.flatMap(({ purpose, load }) =>
    purpose === 'measure' && load.kind === 'open' && isConstant(load.profile) ? [load.count * trials.length] : [],
  );
  const measured = phases.filter(({ purpose }) => purpose === 'measure').length;
  const bounded = judgedBy === 'level' || (judgedBy === 'together' && measured === 1);
  return bounded && counts.length === measured && measured > 0 ? Math.min(...counts) : null;
}
