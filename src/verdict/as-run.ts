import type { Cell } from '../campaign/plan.ts';
import type { TrialEvidence } from './evidence.ts';

/** The cell as one trial of it was run: where the plan left its load open, with what that came to. */
export function asRun(cell: Cell, { settled }: Pick<TrialEvidence, 'settled'>): Cell {
  if (settled === undefined) return cell;
  const { phases, schedule } = settled;
  return { ...cell, phases, trials: cell.trials.map((trial) => (trial.index === schedule.index ? schedule : trial)) };
}
