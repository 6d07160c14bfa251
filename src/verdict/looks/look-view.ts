import { halfWayNs } from '../../campaign/early-stop.ts';
import type { Cell } from '../../campaign/plan.ts';
import { confidenceAt, EARLY_LOOK, LAST_LOOK, type Look } from '../../stats/looks.ts';
import type { Ns } from '../../time/ns.ts';
import type { TrialEvidence } from '../evidence.ts';
import { everySlot, type SlotFilter, type TrialView, trialView } from '../trial-view.ts';
import { PartFold } from './part-fold.ts';

/** Whether a look half-way decided this trial, so that it was stopped. */
export const endedAtLook = ({ stop }: Pick<TrialEvidence, 'stop'>): boolean => stop?.cause === 'sure';

/** Index of the one phase that a cell with `stop: early` measures. */
export const lookedAt = ({ phases }: Pick<Cell, 'phases'>): number =>
  phases.findIndex(({ purpose }) => purpose === 'measure');

/** What the look half-way sees: arrivals intended before this instant of the trial's time line. */
export function lookAtNs(cell: Pick<Cell, 'phases'>): Ns {
  return halfWayNs(cell.phases.slice(lookedAt(cell)));
}

/** The cell as a look judges it: each objective at its part of the error. */
export const cellAt = (cell: Cell, look: Look): Cell => ({
  ...cell,
  objectives: cell.objectives.map((objective) => ({
    ...objective,
    confidence: confidenceAt(objective.confidence, look),
  })),
});

/**
 * The cell as trials of it are judged together: one that a look half-way decided at that look's part of the error, all
 * others at the last one's. A cell without looks stays as it is.
 */
export function cellForLooks(cell: Cell, trials: readonly TrialEvidence[]): Cell {
  if (cell.stop !== 'early') return cell;
  const [only] = trials;
  return cellAt(cell, trials.length === 1 && only !== undefined && endedAtLook(only) ? EARLY_LOOK : LAST_LOOK);
}

/** What a trial is decided by: of one that a look ended, the arrivals intended before that look; else all of it. */
export function decidingView(cell: Cell, evidence: TrialEvidence, keep: SlotFilter = everySlot): TrialView {
  const all = trialView(cell, evidence, keep);
  const index = lookedAt(cell);
  const slots = evidence.slots[index];
  const phase = cell.phases[index];
  if (cell.stop !== 'early' || !endedAtLook(evidence) || slots === undefined || phase === undefined) return all;
  const fold = new PartFold(cell, index, lookAtNs(cell));
  const slotNs = phase.durationNs / phase.slots;
  const before = slots.slice(0, Math.round(slots.length * EARLY_LOOK.part));
  let kept = 0;
  for (const [slot, tally] of before.entries()) {
    if (!keep(phase.startNs + slot * slotNs, phase.startNs + (slot + 1) * slotNs)) continue;
    fold.add(slot, tally);
    kept++;
  }
  return { ...all, phases: [fold.view(kept / before.length)], sight: 'until-look' };
}
