/** How a trial comes to run: from PREPARE over READY and START to the last ARMED. */
import { type Ns, ns, seconds, toMilliseconds } from '../time/ns.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { prepareOrder } from './proceed.ts';
import type { ArmingStage, PreparingStage } from './run-stage.ts';
import type { AgentEvent, FleetEvent } from './run-state.ts';
import { factsOf, servedFor } from './serving.ts';
import { startSpread } from './start-spread.ts';
import { fitsFrom } from './time-left.ts';
import { stopTrial, withdraw } from './trial-end.ts';
import { refOf } from './trial-ref.ts';
import { indices, type Turn, takers, without } from './turn.ts';

type Said<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** A trial whose START came too late is begun anew with four times the lead; one that does not begin, this many attempts in all. */
const STARTING_ATTEMPTS = 4;
const LONGEST_LEAD = seconds(5);

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
    armed: new Map(),
    untilNs: turn.after(turn.run.fleet.deadlines.armedNs),
  });
  for (const index of takers(trial)) turn.order(index, startOrder(startCommand, zeroNs, trial));
}

export const startOrder = (command: number, zeroNs: Ns, { warmupNs }: TrialOrder) =>
  ({ kind: 'start', command, zeroNs, warmupNs }) as const;

/** ARMED: the last one in time begins the trial; one that came too late makes everybody begin anew. */
export function onArmed(turn: Turn, { index, command, inTime, marginNs, at }: Said<'armed'>): void {
  const { stage } = turn.run;
  if (stage.kind !== 'arming' || command !== stage.startCommand || !stage.waiting.has(index)) return;
  const waiting = without(stage.waiting, index);
  const armed = at === null ? stage.armed : new Map([...stage.armed, [index, at]]);
  if (!inTime) beginAnew(turn, stage, index, marginNs);
  else if (waiting.size > 0) turn.enter({ ...stage, waiting, armed });
  else begin(turn, { ...stage, armed });
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
  const { endNs, drainNs, partingNs } = trial;
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
    untilNs: endNs === null ? null : ns(zeroNs + endNs + drainNs + partingNs + closingNs),
  });
  const zeroWall = new Date(turn.run.startedWallMs + toMilliseconds(zeroNs)).toISOString();
  turn.journal({ kind: 'trial-started', ...refOf(trial), zeroWall, spreadMs: spreadMs(turn, stage) });
}

function spreadMs(turn: Turn, { trial, armed }: ArmingStage): number | null {
  const spread = startSpread(
    indices(trial.agents).map((index) => ({
      boundNs: turn.holder(index)?.clock?.boundNs ?? 0,
      at: armed.get(index) ?? null,
    })),
  );
  return spread === null ? null : toMilliseconds(spread);
}
