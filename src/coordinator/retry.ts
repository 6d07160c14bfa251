/**
 * A trial that was invalid is run once more, before the next one, as often as the plan allows (`retryInvalid`). One that
 * was aborted, and validly so, is the last of its cell. A level of a search decides what the next one is.
 */
import { hasFurtherTrials, withAborted } from './aborted-cells.ts';
import type { StopCause } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { advance, proceed } from './proceed.ts';
import type { FleetEvent, Review, Run } from './run-state.ts';
import { giveUpSearch, recordLevel } from './searches.ts';
import { isSameAttempt, refOf } from './trial-ref.ts';
import type { Turn } from './turn.ts';

/** Whether a further attempt would be given, should this one be invalid. */
export const mayBeRetried = (run: Run, { retries }: TrialOrder): boolean =>
  run.interrupt === null && retries < run.fleet.retryInvalid;

/** Whether what comes next hangs on what the judge says of an attempt that has ended. */
export const isToBeReviewed = (run: Run, trial: TrialOrder, stop: StopCause | undefined): boolean =>
  mayBeRetried(run, trial) ||
  (run.interrupt === null && trial.load.kind === 'search') ||
  (run.interrupt === null && stop === 'abort' && hasFurtherTrials(run, trial));

/** Has the attempt judged from what the journal holds of it; nothing is run meanwhile. `stop`: what ended it early. */
export function review(turn: Turn, trial: TrialOrder, stop: StopCause | null): void {
  turn.enter({ kind: 'reviewing', trial, stop });
  turn.tell({ kind: 'review', ref: refOf(trial) });
}

/** An invalid attempt is repeated; one whose evidence cannot be read is left to whoever judges the run. */
export function onReviewed(turn: Turn, { ref, review }: Extract<FleetEvent, { kind: 'reviewed' }>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'reviewing' || !isSameAttempt(stage.trial, ref)) return;
  const { trial } = stage;
  if (review.kind === 'invalid' && mayBeRetried(turn.run, trial)) {
    turn.show({ kind: 'trial-retried', at: trial.position, why: review.why });
    turn.change({ anew: { attempt: trial.attempt + 1, leadNs: null, falseStarts: 0, retries: trial.retries + 1 } });
  } else {
    if (review.kind === 'unknown') turn.show({ kind: 'fault', message: review.why });
    // An abort that the harness brought about says nothing of the target.
    const isAborted = stage.stop === 'abort' && review.kind !== 'invalid';
    if (isAborted) turn.change({ aborted: withAborted(turn.run.aborted, trial) });
    if (trial.load.kind === 'search') learnLevel(turn, trial, review);
    advance(turn);
  }
  proceed(turn);
}

/** A search knows no way on from a level that tells nothing. */
function learnLevel(turn: Turn, trial: TrialOrder, review: Review): void {
  const { level } = trial.position;
  if (review.kind === 'level') recordLevel(turn, trial, review.finding);
  else if (review.kind === 'invalid' && level !== undefined)
    recordLevel(turn, trial, { kind: 'useless', stage: level.stage, rate: level.rate, why: review.why });
  else giveUpSearch(turn, trial);
}

/** Nobody waits for the review any more. */
export function endReview(turn: Turn): void {
  if (turn.run.stage.kind === 'reviewing') advance(turn);
}
