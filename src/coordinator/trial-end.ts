/** How a trial ends: shares that close, stops, and trials that are called off. */
import { type Ns, ns, seconds } from '../time/ns.ts';
import type { FaultCode, StopCause } from './events.ts';
import { advance, giveUp, proceed } from './proceed.ts';
import { isToBeReviewed, review } from './retry.ts';
import type { ArmingStage, Member, PreparingStage, RunningStage } from './run-stage.ts';
import type { AgentEvent, FleetEvent } from './run-state.ts';
import { trialOf } from './run-state.ts';
import { isSameAttempt, refOf } from './trial-ref.ts';
import { type Turn, takers } from './turn.ts';

type Said<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** A trial that never began has nothing to flush. */
const WITHDRAWAL = seconds(2);
const HEARD_EVERY = seconds(5);

/** TRIAL_DONE; of a withdrawn trial it is all that comes. */
export function onTrialDone(turn: Turn, { index, command, server }: Said<'trial-done'>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'running' || command < stage.command) return;
  const isFirst = stage.members.some((member) => member.index === index && !member.done);
  if (server !== undefined && isFirst)
    turn.journal({ kind: 'server-told', agent: index, told: server, ...refOf(stage.trial) });
  changeMember(turn, stage, index, { done: true });
}

/** An interval is durable; the last one of an agent closes its share. */
export function onIntervalStored(turn: Turn, event: Extract<FleetEvent, { kind: 'interval-stored' }>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'running') return;
  if (!isSameAttempt(event.ref, stage.trial)) return;
  const heard = { heardNs: turn.atNs };
  if (event.last) changeMember(turn, stage, event.index, { ...heard, closedNs: turn.atNs });
  else if (isNews(turn, stage, event.index)) changeMember(turn, stage, event.index, heard);
}

/** Silence is counted in half minutes: a second word within a few seconds is none, and costs a large fleet nothing. */
function isNews(turn: Turn, { members }: RunningStage, index: number): boolean {
  const member = members[positionOf(members, index)];
  return member !== undefined && turn.atNs >= member.heardNs + HEARD_EVERY;
}

function changeMember(turn: Turn, stage: RunningStage, index: number, change: Partial<Member>): void {
  const at = positionOf(stage.members, index);
  const before = stage.members[at];
  if (before === undefined) return;
  const member = { ...before, ...change };
  const members = stage.members.slice();
  if (isClosed(stage, member)) members.splice(at, 1);
  else members[at] = member;
  keepOpen(turn, stage, members);
}

/** Where a member stands, -1: it does not. As long as nobody has closed its share, everybody stands at its own place. */
function positionOf(members: readonly Member[], index: number): number {
  return members[index]?.index === index ? index : members.findIndex((member) => member.index === index);
}

const isClosed = ({ manner }: RunningStage, { done, closedNs }: Member): boolean =>
  done && (closedNs !== null || manner === 'withdrawn');

/** Waits for the given members; without any the trial is over, once those that served have let go of it. */
export function keepOpen(turn: Turn, stage: RunningStage, members: readonly Member[]): void {
  const serving = stage.serving.filter((index) => turn.holder(index) !== null);
  if (members.length === 0 && serving.length > 0) dismiss(turn, stage, serving);
  else {
    turn.enter({ ...stage, members });
    if (members.length === 0) endTrial(turn, { ...stage, members });
  }
}

/** Every share is closed: nothing needs to be served any more. */
function dismiss(turn: Turn, stage: RunningStage, serving: readonly number[]): void {
  const command = turn.nextCommand();
  const members = serving.map((index) => ({ index, done: false, closedNs: turn.atNs, heardNs: turn.atNs }));
  turn.enter({ ...stage, members, serving: [] });
  for (const index of serving) turn.order(index, stopOrder(turn, command, 'served'));
}

function endTrial(turn: Turn, { trial, zeroNs, stop, anewLeadNs }: RunningStage): void {
  if (zeroNs === null && stop?.cause === 'interrupt') {
    giveUp(turn, trial, 'interrupt');
    proceed(turn);
    return;
  }
  if (zeroNs === null && stop?.cause === 'deadline') {
    giveUp(turn, trial, 'deadline');
    proceed(turn);
    return;
  }
  const stopped = stop === null ? null : { atNs: stop.atNs, cause: stop.cause };
  const anew = anewLeadNs === null ? {} : ({ anew: true } as const);
  turn.journal({ kind: 'trial-ended', ...refOf(trial), stop: stopped, ...anew });
  turn.show({ kind: 'trial-ended', at: trial.position });
  if (anewLeadNs !== null) {
    const falseStarts = (turn.run.anew?.falseStarts ?? 0) + 1;
    turn.change({ anew: { attempt: trial.attempt + 1, leadNs: anewLeadNs, falseStarts, retries: trial.retries } });
    proceed(turn);
  } else if (isToBeReviewed(turn.run, trial, stop?.cause)) review(turn, trial, stop?.cause ?? null);
  else {
    advance(turn);
    proceed(turn);
  }
}

/** Ends the trial under way everywhere and waits for what it leaves. A stop that is already under way goes on. */
export function stopTrial(turn: Turn, cause: StopCause): void {
  const { stage } = turn.run;
  if (stage.kind === 'preparing' || stage.kind === 'arming') withdraw(turn, stage, cause);
  else if (stage.kind === 'running' && stage.stop === null && stage.zeroNs !== null) {
    stopRunning(turn, stage, stage.zeroNs, cause);
  }
}

function stopRunning(turn: Turn, stage: RunningStage, zeroNs: Ns, cause: StopCause): void {
  const command = turn.nextCommand();
  const { drainNs, partingNs } = stage.trial;
  turn.enter({
    ...stage,
    stop: { atNs: ns(turn.atNs - zeroNs), cause, command },
    untilNs: turn.after(drainNs + partingNs + turn.run.fleet.deadlines.closingNs),
  });
  for (const { index } of stage.members) turn.order(index, stopOrder(turn, command, cause));
}

export const stopOrder = (turn: Turn, command: number, reason: string) =>
  ({ kind: 'stop', command, atNs: turn.atNs, reason }) as const;

/** Calls a trial off before everybody was armed. */
export function withdraw(
  turn: Turn,
  stage: PreparingStage | ArmingStage,
  cause: StopCause,
  anewLeadNs: Ns | null = null,
): void {
  const command = turn.nextCommand();
  const { trial } = stage;
  const present = takers(trial).filter((index) => turn.isManned(index));
  for (const index of present) turn.order(index, stopOrder(turn, command, cause));
  const withdrawn: RunningStage = {
    kind: 'running',
    trial,
    command: stage.command,
    zeroNs: stage.kind === 'arming' ? stage.zeroNs : null,
    manner: 'withdrawn',
    anewLeadNs,
    members: [],
    serving: [],
    stop: { atNs: ns(0 - trial.warmupNs), cause, command },
    untilNs: turn.after(WITHDRAWAL),
  };
  keepOpen(
    turn,
    withdrawn,
    present.map((index) => ({ index, done: false, closedNs: null, heardNs: turn.atNs })),
  );
}

/** A runner died or could not be set up: no more comes from this member, and the trial is worth nothing without it. */
export function onTrialFault(turn: Turn, index: number, code: FaultCode, message: string): void {
  turn.fault(index, code, message, `agent ${index}: ${message}`);
  excuse(turn, index);
}

/** A member of whom nothing more will come is not waited for, and the others stop. */
export function excuse(turn: Turn, index: number): void {
  const trial = trialOf(turn.run);
  if (trial === null || !takers(trial).includes(index)) return;
  stopTrial(turn, 'fault');
  const { stage } = turn.run;
  if (stage.kind !== 'running' || stage.trial !== trial) return;
  if (!stage.members.some((member) => member.index === index)) return;
  keepOpen(
    turn,
    stage,
    stage.members.filter((member) => member.index !== index),
  );
}
