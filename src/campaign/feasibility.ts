import { isConstant } from '../scenarios/profile.ts';
import { effectiveSize } from '../stats/effective.ts';
import type { Objective } from './objective.ts';
import type { Cell } from './plan.ts';

/**
 * Objectives that a cell cannot pass however well it does, because too few requests are judged: with none over the
 * limit a share of 1 - p is proven at confidence c by ln(1 - c) / ln(p) effective requests, 107 scheduled ones for a
 * P95 at 0.99. Only where shares are estimated: on one constant-rate open phase, and on each level of a stress scenario.
 */
export function feasibilityNotes(cells: readonly Cell[]): readonly string[] {
  return [...new Set(cells.filter(({ judge }) => judge).flatMap(cellNotes))];
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
export function requestsNeeded({ indicator, confidence, limit }: Objective): number | null {
  const p = indicator.kind === 'latency' ? indicator.quantile : indicator.kind === 'errors' ? 1 - limit : null;
  return p === null ? null : Math.ceil(Math.log(1 - confidence) / Math.log(p) / effectiveSize(1, 1, confidence));
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
