/** What comes next in a run once nothing is under way: a place to be filled, a calibration, a trial, or the end. */
import type { Ns } from '../time/ns.ts';
import type { NotRunCause } from '../verdict/evidence.ts';
import { type CalibrationSpec, calibrationKey } from '../wire/calibration.ts';
import { whyAborted } from './aborted-cells.ts';
import { isServer } from './asking.ts';
import type { RunState } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { move, needsMove } from './move.ts';
import type { CalibrationTask, RunEnd, Stage } from './run-stage.ts';
import { nextTrial } from './run-state.ts';
import { giveUpSearch, isNeedless, settle, whyWithoutPeak } from './searches.ts';
import { fits, isStayTooShort, whyNoStay, whyNoTime } from './time-left.ts';
import { indices, type Turn, takers } from './turn.ts';
import { showWaiting } from './waiting.ts';

/** Goes on with the run: enters the next stage that has something to wait for. */
export function proceed(turn: Turn): void {
  if (turn.run.interrupt !== null) giveUpRest(turn, 'interrupt');
  if (turn.run.halted !== null) giveUpRest(turn, 'failed', turn.run.halted);
  giveUpPointless(turn);
  giveUpLate(turn);
  giveUpUnplaceable(turn);
  const trial = nextTrial(turn.run);
  if (trial === null) leave(turn);
  else if (needsMove(turn, trial)) move(turn, trial);
  else if (!takers(trial).every((index) => turn.isManned(index))) refill(turn);
  else if (!calibrateMissing(turn)) prepare(turn, settle(turn, trial));
}

/**
 * No further trial of a cell runs of which one was aborted, and none that is to offer a share of a peak which was not
 * found; the run is no less complete for it.
 */
function giveUpPointless(turn: Turn): void {
  for (;;) {
    const trial = nextTrial(turn.run);
    if (trial === null) return;
    const aborted = turn.run.aborted.get(trial.cell);
    const withoutPeak = whyWithoutPeak(turn.run, trial);
    if (aborted !== undefined) giveUp(turn, trial, 'aborted', whyAborted(aborted));
    else if (withoutPeak !== null) giveUp(turn, trial, 'no-peak', withoutPeak);
    else return;
  }
}

/** A trial for which no time is left does not run: none after it where it is the command's, one by one where it is the places'. */
function giveUpLate(turn: Turn): void {
  const trial = nextTrial(turn.run);
  if (trial === null || fits(turn.run, trial, turn.atNs)) return;
  const isStay = isStayTooShort(turn.run, trial, turn.atNs);
  if (trial.retries === 0 && !isStay) giveUpRest(turn, 'deadline');
  else if (isStay) {
    giveUp(turn, trial, 'deadline', whyNoStay(turn.run));
    giveUpLate(turn);
  } else {
    giveUp(turn, trial, 'deadline');
    giveUpLate(turn);
  }
}

/** Trials that need a place which nobody will fill do not run. */
function giveUpUnplaceable(turn: Turn): void {
  for (;;) {
    giveUpPointless(turn);
    const trial = nextTrial(turn.run);
    if (trial === null || needsMove(turn, trial)) return;
    const needed = takers(trial);
    const vacant = turn.run.places.find((place, index) => needed.includes(index) && place.kind === 'vacant');
    if (vacant?.kind !== 'vacant') return;
    giveUp(turn, trial, 'no-place', vacant.why);
  }
}

function giveUpRest(turn: Turn, cause: NotRunCause, why?: string): void {
  for (let trial = nextTrial(turn.run); trial !== null; trial = nextTrial(turn.run)) giveUp(turn, trial, cause, why);
}

/** Closes the next trial as not run; of a search, all that may come of it. One that was to be run once more keeps the attempts that it had. */
export function giveUp(turn: Turn, trial: TrialOrder, cause: NotRunCause, why = whyNotRun(turn, cause)): void {
  if (trial.retries === 0) {
    turn.journal({ kind: 'not-run', cell: trial.cell, trial: trial.trial, why, cause });
    if (cause !== 'aborted' && cause !== 'no-peak') turn.change({ notRun: turn.run.notRun + 1 });
  }
  turn.show({ kind: 'trial-not-run', at: trial.position, why });
  if (trial.load.kind === 'search') giveUpSearch(turn, trial);
  advance(turn);
}

function whyNotRun({ run }: Turn, cause: NotRunCause): string {
  return cause === 'deadline' ? whyNoTime(run) : `interrupted by ${run.interrupt ?? 'a signal'}`;
}

/** The next trial's turn has come. Levels that their search does not need are passed over. */
export function advance(turn: Turn): void {
  turn.change({ next: turn.run.next + 1, anew: null });
  const trial = nextTrial(turn.run);
  if (trial !== null && isNeedless(turn.run, trial)) advance(turn);
}

const refilling = (turn: Turn, withinNs: Ns): Stage => ({ kind: 'refilling', untilNs: turn.after(withinNs), withinNs });

function refill(turn: Turn): void {
  const { stage, fleet } = turn.run;
  if (stage.kind !== 'refilling') turn.enter(refilling(turn, fleet.onLossWaitNs));
  showWaiting(turn);
}

/**
 * Gives every node that has nothing to do its next missing calibration: one at a time on a node, so that they do not
 * disturb each other. Tells whether any is under way.
 */
export function calibrateMissing(turn: Turn): boolean {
  const before = turn.run.stage.kind === 'calibrating' ? turn.run.stage.tasks : [];
  const tasks = [...before];
  for (const [index, place] of turn.run.places.entries()) {
    if (
      place.kind !== 'held' ||
      !turn.isManned(index) ||
      isServer(turn.run, index) ||
      tasks.some(({ node }) => node === place.holder.node)
    )
      continue;
    const spec = missingCalibration(turn, place.holder.node);
    if (spec !== null) tasks.push(calibrate(turn, index, place.holder.node, spec));
  }
  if (tasks.length === 0) return false;
  turn.enter({ kind: 'calibrating', tasks });
  return true;
}

function missingCalibration(turn: Turn, node: string): CalibrationSpec | null {
  const { fleet, calibrated } = turn.run;
  return fleet.calibrations.find((spec) => !calibrated.has(nodeCalibration(node, spec))) ?? null;
}

function calibrate(turn: Turn, index: number, node: string, spec: CalibrationSpec): CalibrationTask {
  const command = turn.nextCommand();
  turn.order(index, { kind: 'calibrate', command, spec });
  const { driver, pacing, workers, size } = spec;
  const vus = driver === 'k6' ? (size?.connections ?? null) : null;
  turn.show({ kind: 'calibrating', node, driver, pacing, workers, vus });
  return { index, command, node, spec, untilNs: turn.after(turn.run.fleet.deadlines.calibrationNs) };
}

export const nodeCalibration = (node: string, spec: CalibrationSpec): string => `${node}/${calibrationKey(spec)}`;

function prepare(turn: Turn, trial: TrialOrder): void {
  const command = turn.nextCommand();
  // What is served must be there before anybody looks for it.
  const waiting = new Set(trial.servers.length === 0 ? indices(trial.agents) : trial.servers);
  turn.enter({
    kind: 'preparing',
    trial,
    command,
    waiting,
    facts: new Map(),
    sinceNs: turn.atNs,
    untilNs: turn.after(turn.run.fleet.deadlines.readyNs),
  });
  for (const index of waiting) turn.order(index, prepareOrder(command, trial));
  turn.show({ kind: 'preparing', at: trial.position });
}

/** `served`: where the target is served that this place offers load to; null: it serves itself, or nobody does. */
export const prepareOrder = (command: number, { cell, trial, attempt }: TrialOrder, served: string | null = null) =>
  ({ kind: 'prepare', command, trial: { cell, trial, attempt }, ...(served === null ? {} : { served }) }) as const;

/** No more trials: everybody flushes and says bye. */
function leave(turn: Turn): void {
  const waiting = new Set(indices(turn.run.places.length).filter((index) => turn.holder(index) !== null));
  const untilNs = turn.after(turn.run.fleet.deadlines.byeNs);
  turn.enter({ kind: 'leaving', state: endState(turn), waiting, untilNs });
  for (const index of waiting) turn.order(index, { kind: 'drain', reason: LEAVE_REASON });
  if (waiting.size === 0) left(turn);
}

export const LEAVE_REASON = 'no more trials';

function endState({ run }: Turn): RunState {
  if (run.interrupt !== null) return 'interrupted';
  return run.notRun > 0 ? 'aborted' : 'complete';
}

/** Everybody has left, or had the time to. */
export function left(turn: Turn): void {
  const { stage } = turn.run;
  if (stage.kind !== 'leaving') return;
  turn.journal({ kind: 'run-ended', state: stage.state });
  end(turn, { kind: 'complete', state: stage.state });
}

/** The run cannot be carried out: everybody stops and leaves; what there is stays in the journal, where that still takes it. */
export function fail(turn: Turn, failure: Extract<RunEnd, { kind: 'failed' }>): void {
  for (const index of indices(turn.run.places.length)) {
    turn.order(index, { kind: 'stop', command: turn.nextCommand(), atNs: turn.atNs, reason: failure.message });
    turn.order(index, { kind: 'drain', reason: failure.message });
  }
  if (failure.code !== 'evidence-unwritable') {
    giveUpRest(turn, 'failed', failure.message);
    turn.journal({ kind: 'run-ended', state: 'aborted' });
  }
  end(turn, failure);
}

function end(turn: Turn, how: RunEnd): void {
  turn.enter({ kind: 'ended', end: how });
  turn.tell({ kind: 'finish', end: how });
}
