/** What holders say outside the course of a trial: clocks, calibrations, faults, farewells. */
import { milliseconds, ns, seconds, toMilliseconds, toSeconds } from '../time/ns.ts';
import type { ClockReading } from './place.ts';
import { calibrateMissing, nodeCalibration, proceed } from './proceed.ts';
import type { CalibrationTask } from './run-stage.ts';
import type { AgentEvent } from './run-state.ts';
import { trialOf } from './run-state.ts';
import { abandonCalibration, depart, lose } from './tenure.ts';
import { onTrialFault } from './trial-end.ts';
import { beginWithout } from './trial-start.ts';
import { type Turn, takers } from './turn.ts';

type Said<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** Clocks stand in the journal at the start, every 10 s and at the end. */
const CLOCK_EVERY = ns(seconds(10) - milliseconds(500));

export function onClock(turn: Turn, { index, reading }: Said<'clock'>): void {
  const before = turn.holder(index)?.clockJournaledNs ?? null;
  turn.changeHolder(index, { clock: reading });
  if (before === null || turn.atNs >= before + CLOCK_EVERY) journalClock(turn, index, reading);
}

function journalClock(turn: Turn, index: number, { offsetNs, boundNs, driftPpm }: ClockReading): void {
  turn.changeHolder(index, { clockJournaledNs: turn.atNs });
  const offsetMs = toMilliseconds(ns(offsetNs));
  turn.journal({ kind: 'clock', agent: index, offsetMs, boundMs: toMilliseconds(ns(boundNs)), driftPpm });
}

export function onCalibrated(turn: Turn, { index, command, result, ageS }: Said<'calibrated'>): void {
  const task = taskOf(turn, index, command);
  if (task === null) return;
  turn.journal({ kind: 'calibration', node: task.node, ageS, result });
  turn.show({
    kind: 'calibrated',
    node: task.node,
    ageS: ageS === 0 ? null : ageS,
    ceilingPerSecond: result.ceilingPerSecond,
    lagP99Ms: result.lagMs?.p99 ?? null,
    ok: result.checks.every((check) => check.ok),
  });
  closeTasks(turn, [task]);
}

/** FAULT: of the calibration that it was about, of the trial, or of nothing that is still under way. */
export function onFault(turn: Turn, { index, command, code, message }: Said<'fault'>): void {
  const task = taskOf(turn, index, command);
  if (task !== null) {
    failCalibrations(turn, [task], `calibration: ${message}`);
    return;
  }
  const { stage } = turn.run;
  const trial = trialOf(turn.run);
  const isOurs = trial !== null && takers(trial).includes(index) && 'command' in stage && command >= stage.command;
  if (isOurs) onTrialFault(turn, index, code, message);
  else turn.show({ kind: 'fault', message: `agent ${index}: ${message}` });
}

export function overdueCalibrations(turn: Turn): void {
  const { stage, fleet } = turn.run;
  if (stage.kind !== 'calibrating') return;
  const overdue = stage.tasks.filter((task) => turn.atNs >= task.untilNs);
  const why = `calibration: no answer within ${toSeconds(fleet.deadlines.calibrationNs)} s`;
  if (overdue.length > 0) failCalibrations(turn, overdue, why);
}

/** The node goes on without one: results say that there is none. */
function failCalibrations(turn: Turn, tasks: readonly CalibrationTask[], message: string): void {
  for (const { index } of tasks) turn.fault(index, 'own-fault', `agent ${index}: ${message}`);
  closeTasks(turn, tasks);
}

function closeTasks(turn: Turn, closed: readonly CalibrationTask[]): void {
  const { stage, calibrated } = turn.run;
  if (stage.kind !== 'calibrating') return;
  const answered = closed.map(({ node, spec }) => nodeCalibration(node, spec));
  turn.change({ calibrated: new Set([...calibrated, ...answered]) });
  turn.enter({ kind: 'calibrating', tasks: stage.tasks.filter((task) => !closed.includes(task)) });
  if (!calibrateMissing(turn)) proceed(turn);
}

function taskOf(turn: Turn, index: number, command: number): CalibrationTask | null {
  const { stage } = turn.run;
  if (stage.kind !== 'calibrating') return null;
  return stage.tasks.find((task) => task.index === index && task.command === command) ?? null;
}

/** Nothing more is given to it to do. What it has begun is spoilt by the faults that it says, and its place by its BYE. */
export function onEnding(turn: Turn, { index, signal }: Said<'ending'>): void {
  if (!turn.isManned(index)) return;
  turn.changeHolder(index, { isEnding: true });
  if (turn.run.stage.kind === 'calibrating') abandonCalibration(turn, index);
  else beginWithout(turn, index, signal);
}

/** BYE: everything of this agent is acknowledged. Before the end of the run it is a loss. */
export function onBye(turn: Turn, { index, reading }: Said<'bye'>): void {
  if (reading !== null) journalClock(turn, index, reading);
  const holder = turn.holder(index);
  if (holder === null) return;
  if (turn.run.stage.kind === 'leaving') depart(turn, index, holder.attempt);
  else lose(turn, index, 'left before the end of the run');
}
