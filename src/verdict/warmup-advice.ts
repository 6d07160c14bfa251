import type { Cell } from '../campaign/plan.ts';
import { NS_PER_S } from '../time/ns.ts';
import type { TrialEvidence } from './evidence.ts';
import { stillChanges } from './settling.ts';
import type { SteadyResult, WarmupAdvice } from './trial-result.ts';

/**
 * A longer warm-up, where the trial's own data ask for one: its first measure phase settled only after a while, or its
 * warm-up was still changing in its second half. Null: nothing asks for it, which is no proof where the warm-up was short
 * (below 20 s nothing can be told of it). Advice alone: no request is taken out of anything.
 */
export function warmupAdvice(
  cell: Cell,
  evidence: TrialEvidence,
  steady: readonly SteadyResult[],
): WarmupAdvice | null {
  const lengthS = cell.phases
    .filter(({ purpose }) => purpose === 'warmup')
    .reduce((sum, { durationNs }) => sum + durationNs / NS_PER_S, 0);
  const first = cell.phases.find(({ purpose }) => purpose === 'measure');
  const settled = steady.find(({ phase }) => phase === first?.name)?.settledAt ?? null;
  if (settled !== null) {
    return { lengthS, atLeastS: Math.ceil(lengthS + settled.afterMs / 1000), from: 'measure-phase' };
  }
  if (!stillChanges(evidence.warmupMeansMs.filter((mean) => mean !== null))) return null;
  return { lengthS, atLeastS: Math.ceil(2 * lengthS), from: 'warm-up' };
}
