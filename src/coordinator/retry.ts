/** A trial that was invalid is run once more, before the next one, as often as the plan allows (`retryInvalid`). */
import type { TrialRef } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { advance, proceed } from './proceed.ts';
import type { FleetEvent, Run } from './run-state.ts';
import type { Turn } from './turn.ts';

/** Whether a further attempt would be given, should this one be invalid. */
export const mayBeRetried = (run: Run, { retries }: TrialOrder): boolean =>
  run.interrupt === null && retries < run.fleet.retryInvalid;

/** Has the attempt judged from what the journal holds of it; nothing is run meanwhile. */
export function review(turn: Turn, trial: TrialOrder): void {
  turn.enter({ kind: 'reviewing', trial });
  turn.tell({ kind: 'review', ref: refOf(trial) });
}

/** An invalid attempt is repeated; one whose evidence cannot be read is left to whoever judges the run. */
export function onReviewed(turn: Turn, { ref, review }: Extract<FleetEvent, { kind: 'reviewed' }>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'reviewing' || !isSame(stage.trial, ref)) return;
  const { trial } = stage;
  if (review.kind === 'invalid') {
    turn.show({ kind: 'trial-retried', at: trial.position, why: review.why });
    turn.change({ anew: { attempt: trial.attempt + 1, leadNs: null, lateStarts: 0, retries: trial.retries + 1 } });
  } else {
    if (review.kind === 'unknown') turn.show({ kind: 'fault', message: review.why });
    advance(turn);
  }
  proceed(turn);
}

/** Nobody waits for the review any more. */
export function endReview(turn: Turn): void {
  if (turn.run.stage.kind === 'reviewing') advance(turn);
}

const refOf = ({ cell, trial, attempt }: TrialRef): TrialRef => ({ cell, trial, attempt });

const isSame = (a: TrialRef, b: TrialRef): boolean =>
  a.cell === b.cell && a.trial === b.trial && a.attempt === b.attempt;
