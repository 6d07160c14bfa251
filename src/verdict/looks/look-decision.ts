import type { Cell } from '../../campaign/plan.ts';
import { EARLY_LOOK } from '../../stats/looks.ts';
import { judgeObjectives } from '../judge-objective.ts';
import { driftOf } from '../not-stationary.ts';
import { type Decision, gravest } from '../share-rule.ts';
import type { TrialView } from '../trial-view.ts';
import { cellAt } from './look-view.ts';

/**
 * What the look half-way says of what it saw. It ends a trial when every objective is sure to pass or to fail, with the
 * harness's lag and without it, on load that stayed as it was: the gravest of them. Else inconclusive: the trial goes on.
 */
export function decideAtLook(planned: Cell, view: TrialView): Decision {
  const cell = cellAt(planned, EARLY_LOOK);
  if (driftOf(cell, [view], cell.id) !== null) return 'inconclusive';
  const found = judgeObjectives(cell, [view], cell.id);
  const isOpen = found.some(({ decision, lessLag }) => decision === 'inconclusive' || lessLag !== decision);
  return isOpen ? 'inconclusive' : gravest(found.map(({ decision }) => decision));
}
