/** One trial from PREPARE to the last stored interval, as the coordinator leads it. */
import { type Ns, ns, seconds, toMilliseconds, toSeconds } from '../time/ns.ts';
import type { FaultCode, StopCause } from './events.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { advance, giveUp, prepareOrder, proceed } from './proceed.ts';
import { isToBeReviewed, review } from './retry.ts';
import type { AgentEvent, ArmingStage, FleetEvent, Member, PreparingStage, RunningStage } from './run-state.ts';
import { trialOf } from './run-state.ts';
import { factsOf, servedFor } from './serving.ts';
import { fitsFrom } from './time-left.ts';
import { indices, type Turn, takers, without } from './turn.ts';

type Said<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** A trial whose START came too late is begun anew with four times the lead; one that does not begin, this many attempts in all. */
const STARTING_ATTEMPTS = 4;
const LONGEST_LEAD = seconds(5);
/** A trial that never began has nothing to flush. */
const WITHDRAWAL = seconds(2);
/** An agent whose last interval is stored and that does not say so is not waited for longer. */
const DONE_GRACE = seconds(3);
const HEARD_EVERY = seconds(5);

/** READY: the target is open, the runner has rehearsed. The last one starts the trial. */
export function onReady(turn: Turn, { index, command, facts }: Said<'ready'>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'preparing' || command !== stage.command || !stage.waiting.has(index)) return;
  const waiting = without(stage.waiting, index);
  const all = new Map([...stage.facts, [index, facts]]);
  turn.enter({ ...stage, waiting, facts: all });
  if (waiting.size > 0) return;
  const toCome = indices(stage.trial.agents).filter((other) => !all.has(other));
  if (toCome.length > 0) {
    turn.enter({ ...stage, waiting: new Set(toCome), facts: all });
    for (const other of toCome)
      turn.order(other, prepareOrder(command, stage.trial, servedFor(stage.trial, all, other)));
    return;
  }
  turn.change({ longestPrepareNs: ns(Math.max(turn.run.longestPrepareNs, turn.atNs - stage.sinceNs)) });
  if (!fitsFrom(turn.run, stage.trial, turn.atNs)) {
    stopTrial(turn, 'deadline');
    return;
  }
  for (const agent of indices(stage.trial.agents)) {
    turn.journal({ kind: 'agent-ready', agent, facts: factsOf(stage.trial, all, agent), ...refOf(stage.trial) });
  }
  start(turn, stage, turn.run.anew?.leadNs ?? leadNs(turn, stage.trial));
}

/** As long as files go out to an agent it is not late, and opening its target has not begun. */
export function onFileSent(turn: Turn, { index }: Extract<FleetEvent, { kind: 'file-sent' }>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'preparing' || !stage.waiting.has(index)) return;
  turn.enter({ ...stage, sinceNs: turn.atNs, untilNs: turn.after(turn.run.fleet.deadlines.readyNs) });
}

/** START = now + max(least lead, 4 x worst round trip) + warm-up. A clock bound is half a round trip. */
function leadNs(turn: Turn, trial: TrialOrder): Ns {
  const bounds = indices(trial.agents).map((index) => turn.holder(index)?.clock?.boundNs ?? 0);
  return ns(Math.max(turn.run.fleet.deadlines.leadNs, 4 * 2 * Math.max(...bounds)));
}

function start(turn: Turn, stage: PreparingStage, lead: Ns): void {
  const startCommand = turn.nextCommand();
  const zeroNs = turn.after(lead + stage.trial.warmupNs);
  const { trial, command } = stage;
  turn.enter({
    kind: 'arming',
    trial,
    command,
    startCommand,
    zeroNs,
    leadNs: lead,
    waiting: new Set(takers(trial)),
    untilNs: turn.after(turn.run.fleet.deadlines.armedNs),
  });
  for (const index of takers(trial)) turn.order(index, startOrder(startCommand, zeroNs, trial));
}

const startOrder = (command: number, zeroNs: Ns, { warmupNs }: TrialOrder) =>
  ({ kind: 'start', command, zeroNs, warmupNs }) as const;

/** ARMED: the last one in time begins the trial; one that came too late makes everybody begin anew. */
export function onArmed(turn: Turn, { index, command, inTime, marginNs }: Said<'armed'>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'arming' || command !== stage.startCommand || !stage.waiting.has(index)) return;
  const waiting = without(stage.waiting, index);
  if (!inTime) beginAnew(turn, stage, index, marginNs);
  else if (waiting.size > 0) turn.enter({ ...stage, waiting });
  else begin(turn, stage);
}

/**
 * Others may have begun already: a runner that is armed cannot be armed again. So everybody lets go of this attempt and
 * prepares another one, which is given more time.
 */
function beginAnew(turn: Turn, stage: ArmingStage, index: number, marginNs: Ns): void {
  const late = Math.max(0, Math.round(toMilliseconds(ns(-marginNs))));
  turn.fault(index, 'own-fault', `agent ${index} learned of the start ${late} ms too late to begin with the others`);
  withdraw(turn, stage, 'fault', leadOfNext(turn, ns(Math.min(4 * stage.leadNs, LONGEST_LEAD))));
}

/** The lead of the attempt after one that did not begin; null: that was the last. */
function leadOfNext({ run }: Turn, lead: Ns): Ns | null {
  return (run.anew?.falseStarts ?? 0) + 1 >= STARTING_ATTEMPTS ? null : lead;
}

/** A trial that has not begun does not begin without a taker that was told to end; its successor begins it anew. */
export function beginWithout(turn: Turn, index: number, signal: string): void {
  const { stage } = turn.run;
  if (stage.kind !== 'preparing' && stage.kind !== 'arming') return;
  if (!takers(stage.trial).includes(index)) return;
  turn.fault(index, 'own-fault', `agent ${index} was told to end by ${signal} before the trial began`);
  const lead = stage.kind === 'arming' ? stage.leadNs : leadNs(turn, stage.trial);
  withdraw(turn, stage, 'fault', leadOfNext(turn, lead));
}

function begin(turn: Turn, stage: ArmingStage): void {
  const { trial, command, zeroNs } = stage;
  const { closingNs } = turn.run.fleet.deadlines;
  const { endNs, drainNs } = trial;
  const heardNs = ns(Math.max(turn.atNs, zeroNs - trial.warmupNs));
  turn.enter({
    kind: 'running',
    trial,
    command,
    zeroNs,
    manner: 'whole',
    anewLeadNs: null,
    members: indices(trial.agents).map((index) => ({ index, done: false, closedNs: null, heardNs })),
    serving: trial.servers,
    stop: null,
    untilNs: endNs === null ? null : ns(zeroNs + endNs + drainNs + closingNs),
  });
  const zeroWall = new Date(turn.run.startedWallMs + toMilliseconds(zeroNs)).toISOString();
  turn.journal({ kind: 'trial-started', ...refOf(trial), zeroWall, spreadMs: spreadMs(turn, trial) });
}

const refOf = ({ cell, trial, attempt }: TrialOrder) => ({ cell, trial, attempt });

/** Two agents translate instant 0 into their own clocks, each within its bound: so far apart they may be at most. */
function spreadMs(turn: Turn, trial: TrialOrder): number | null {
  if (trial.agents < 2) return null;
  const bounds = indices(trial.agents).map((index) => turn.holder(index)?.clock?.boundNs ?? 0);
  const [worst = 0, second = 0] = bounds.sort((a, b) => b - a);
  return toMilliseconds(ns(worst + second));
}

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
  const { cell, trial, attempt } = stage.trial;
  const { ref } = event;
  if (ref.cell !== cell || ref.trial !== trial || ref.attempt !== attempt) return;
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
function keepOpen(turn: Turn, stage: RunningStage, members: readonly Member[]): void {
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
  turn.enter({
    ...stage,
    stop: { atNs: ns(turn.atNs - zeroNs), cause, command },
    untilNs: turn.after(stage.trial.drainNs + turn.run.fleet.deadlines.closingNs),
  });
  for (const { index } of stage.members) turn.order(index, stopOrder(turn, command, cause));
}

const stopOrder = (turn: Turn, command: number, reason: string) =>
  ({ kind: 'stop', command, atNs: turn.atNs, reason }) as const;

/** Calls a trial off before everybody was armed. */
function withdraw(
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

/** What a holder that comes back on a new stream may have missed of the trial. */
export function repeatTrialOrders(turn: Turn, index: number): void {
  const { stage } = turn.run;
  if (stage.kind === 'preparing' && stage.waiting.has(index)) {
    turn.order(index, prepareOrder(stage.command, stage.trial, servedFor(stage.trial, stage.facts, index)));
  } else if (stage.kind === 'arming' && stage.waiting.has(index)) {
    turn.order(index, startOrder(stage.startCommand, stage.zeroNs, stage.trial));
  } else if (stage.kind === 'running' && stage.stop !== null && stage.members.some((m) => m.index === index)) {
    turn.order(index, stopOrder(turn, stage.stop.command, stage.stop.cause));
  }
}

/** Deadlines of a trial. Returns the members that are to be taken for lost, and why. */
export function overdueOfTrial(turn: Turn): readonly { readonly index: number; readonly why: string }[] {
  const { stage } = turn.run;
  if (stage.kind === 'preparing' || stage.kind === 'arming') {
    if (turn.atNs >= stage.untilNs) callOff(turn, stage);
    return [];
  }
  if (stage.kind !== 'running') return [];
  if (stage.manner === 'withdrawn') {
    if (stage.untilNs !== null && turn.atNs >= stage.untilNs) keepOpen(turn, stage, []);
    return [];
  }
  return overdueMembers(turn, stage);
}

function callOff(turn: Turn, stage: PreparingStage | ArmingStage): void {
  const { readyNs, armedNs } = turn.run.fleet.deadlines;
  for (const index of stage.waiting) {
    const what =
      stage.kind === 'preparing'
        ? `was not ready within ${toSeconds(readyNs)} s`
        : `did not acknowledge the start within ${toSeconds(armedNs)} s`;
    turn.fault(index, 'own-fault', `agent ${index} ${what}`);
  }
  withdraw(turn, stage, 'fault');
}

function overdueMembers(turn: Turn, stage: RunningStage): readonly { readonly index: number; readonly why: string }[] {
  const { silenceNs } = turn.run.fleet.deadlines;
  const open = stage.members.filter(({ closedNs }) => closedNs === null || turn.atNs < closedNs + DONE_GRACE);
  if (open.length < stage.members.length) keepOpen(turn, stage, open);
  const expired = stage.untilNs !== null && turn.atNs >= stage.untilNs;
  return open.flatMap(({ index, heardNs, closedNs }) => {
    if (closedNs !== null) return [];
    if (expired) return [{ index, why: 'did not close its share of the trial in time' }];
    return turn.atNs >= heardNs + silenceNs ? [{ index, why: `reported nothing for ${toSeconds(silenceNs)} s` }] : [];
  });
}
