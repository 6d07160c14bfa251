/**
 * The life of a run as a pure function: waiting for agents, calibrating, then per trial PREPARE -> READY -> START ->
 * ARMED -> running -> every share closed, and at the end DRAIN -> BYE.
 *
 * Here stands every event and who deals with it. What comes next is decided in `proceed.ts`, a trial is led in
 * `trial-start.ts` and `trial-end.ts`, who holds which place is decided in `tenure.ts`.
 */
import { onBye, onCalibrated, onClock, onEnding, onFault, overdueCalibrations } from './agent-words.ts';
import { onGpuLost, onStopCalled } from './early-end.ts';
import { fail, left, proceed } from './proceed.ts';
import { endReview, onReviewed } from './retry.ts';
import { type AgentEvent, type FleetCommand, type FleetEvent, nextTrial, type Run } from './run-state.ts';
import {
  lose,
  onBegin,
  onDetached,
  onExited,
  onNoPlace,
  onPlaced,
  onQueued,
  onRegister,
  overduePlaces,
  touch,
  watchTenures,
} from './tenure.ts';
import { fitsFrom, isOutOfTime } from './time-left.ts';
import { overdueOfTrial } from './trial-deadlines.ts';
import { onIntervalStored, onTrialDone, stopTrial } from './trial-end.ts';
import { onArmed, onFileSent, onReady } from './trial-start.ts';
import { Turn } from './turn.ts';

/** The run after an event, and what is to be done about it, in order. A run that has ended stays as it is. */
export function step(run: Run, event: FleetEvent): readonly [Run, readonly FleetCommand[]] {
  const turn = new Turn(run, event.atNs);
  if (run.stage.kind === 'ended') refuseLate(turn, event);
  else take(turn, event);
  return [turn.run, turn.commands];
}

function refuseLate(turn: Turn, event: FleetEvent): void {
  if (event.kind !== 'register') return;
  turn.tell({ kind: 'refuse', link: event.link, code: 'run-over', message: `place ${event.index}: the run is over` });
}

function take(turn: Turn, event: FleetEvent): void {
  switch (event.kind) {
    case 'begin':
      onBegin(turn);
      break;
    case 'register':
      onRegister(turn, event);
      break;
    case 'detached':
      onDetached(turn, event);
      break;
    case 'exited':
      onExited(turn, event);
      break;
    case 'queued':
      onQueued(turn, event);
      break;
    case 'placed':
      onPlaced(turn, event);
      break;
    case 'no-place':
      onNoPlace(turn, event);
      break;
    case 'interval-stored':
      onIntervalStored(turn, event);
      break;
    case 'file-sent':
      onFileSent(turn, event);
      break;
    case 'reviewed':
      onReviewed(turn, event);
      break;
    case 'stop-called':
      onStopCalled(turn, event);
      break;
    case 'gpu-lost':
      onGpuLost(turn, event);
      break;
    case 'interrupt':
      onInterrupt(turn, event.signal);
      break;
    case 'journal-lost':
      fail(turn, { kind: 'failed', code: 'evidence-unwritable', message: event.message });
      break;
    case 'tick':
      onTick(turn);
      break;
    default:
      onAgent(turn, event);
  }
}

/** Only the holder of the place is listened to; an old epoch is refused for good. */
function onAgent(turn: Turn, event: AgentEvent): void {
  const { index, link } = event;
  if (turn.holder(index)?.epoch !== event.epoch) {
    const now = turn.holder(index)?.epoch;
    const since = now === undefined ? 'nobody holds the place now' : `the place is held under epoch ${now}`;
    const message = `place ${index}: the lease of epoch ${event.epoch} is over, ${since}`;
    turn.tell({ kind: 'refuse', link, code: 'fenced', message });
    return;
  }
  touch(turn, index);
  switch (event.kind) {
    case 'heartbeat':
      turn.order(index, { kind: 'renew' });
      break;
    case 'clock':
      onClock(turn, event);
      break;
    case 'calibrated':
      onCalibrated(turn, event);
      break;
    case 'ready':
      onReady(turn, event);
      break;
    case 'armed':
      onArmed(turn, event);
      break;
    case 'trial-done':
      onTrialDone(turn, event);
      break;
    case 'fault':
      onFault(turn, event);
      break;
    case 'ending':
      onEnding(turn, event);
      break;
    case 'bye':
      onBye(turn, event);
      break;
    default:
      event satisfies never;
  }
}

/** The first one stops and drains whatever is under way; further ones change nothing. */
function onInterrupt(turn: Turn, signal: string): void {
  const { stage, interrupt } = turn.run;
  if (interrupt !== null || stage.kind === 'leaving') return;
  turn.change({ interrupt: signal });
  turn.journal({ kind: 'interrupted', signal });
  turn.show({ kind: 'interrupting', signal });
  switch (stage.kind) {
    case 'preparing':
    case 'arming':
    case 'running':
      stopTrial(turn, 'interrupt');
      break;
    default:
      endReview(turn);
      proceed(turn);
  }
}

/** Load whose end nobody knows, and waiting whose end nobody knows, end in time for what comes after them. */
function watchDeadline(turn: Turn): void {
  const { run, atNs } = turn;
  const { stage } = run;
  const trial = nextTrial(run);
  const isBounded = run.fleet.deadline !== null || run.fleet.stayNs !== null;
  if (!isBounded || run.interrupt !== null || trial === null) return;
  switch (stage.kind) {
    case 'preparing':
      if (!fitsFrom(run, trial, atNs)) stopTrial(turn, 'deadline');
      break;
    case 'running':
      if (isOutOfTime(run, stage, atNs)) stopTrial(turn, 'deadline');
      break;
    case 'registering':
    case 'calibrating':
    case 'refilling':
      if (!fitsFrom(run, trial, atNs)) proceed(turn);
      break;
    default:
  }
}

function onTick(turn: Turn): void {
  watchTenures(turn);
  overduePlaces(turn);
  overdueCalibrations(turn);
  for (const { index, why } of overdueOfTrial(turn)) lose(turn, index, why);
  watchDeadline(turn);
  const { stage } = turn.run;
  if (stage.kind === 'leaving' && turn.atNs >= stage.untilNs) left(turn);
}
