import type { JudgedObjective } from '../judge-objective.ts';
import type { Reason } from '../verdict.ts';

/**
 * What a look decided, with the figures of all that ran until the stop: no request is taken out of a percentile or a count.
 * A decision that the plain share of all of them contradicts is none. `figures`, `facts`: the same objective on all that
 * ran, with bounds and without.
 */
export function notContradicted(
  decided: JudgedObjective,
  figures: JudgedObjective | undefined,
  facts: JudgedObjective | undefined,
  where: string,
): JudgedObjective {
  if (figures === undefined || facts === undefined) return decided;
  const { observed, over } = figures.result;
  const shown = { ...decided.result, observed, over };
  const opposite = decided.decision === 'pass' ? 'fail' : 'pass';
  if (decided.decision === 'inconclusive' || facts.decision !== opposite) return { ...decided, result: shown };
  const reason: Reason = {
    code: 'look-contradicted',
    where,
    message: `${shown.objective} cannot be told: the look decided ${decided.decision}, and what ran until the stop says ${opposite}.`,
    hint: 'Something changed just then: run again, or whole with `stop: end`.',
  };
  const result = { ...shown, verdict: 'inconclusive', needs: null, blindToRarerThanS: null, reason } as const;
  return { ...decided, decision: 'inconclusive', lessLag: 'inconclusive', result };
}
