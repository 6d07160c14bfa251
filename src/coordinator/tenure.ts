/** Who holds which place: registration, leases, losses, and asking the engine for a place again. */
import { toSeconds } from '../time/ns.ts';
import { askAgain, askForAll, isServer } from './asking.ts';
import { placesOn } from './fleet-plan.ts';
import { attemptOf, type Holder, rule, type Standing, whyNotGiven } from './place.ts';
import { calibrateMissing, fail, LEAVE_REASON, left, proceed } from './proceed.ts';
import { mayBeRetried } from './retry.ts';
import { type FleetEvent, trialOf } from './run-state.ts';
import { repeatTrialOrders } from './trial-deadlines.ts';
import { excuse } from './trial-end.ts';
import { indices, type Turn, takers, without } from './turn.ts';
import { showWaiting } from './waiting.ts';

type Happened<K extends FleetEvent['kind']> = Extract<FleetEvent, { kind: K }>;

/** Asks the engine for the whole fleet. */
export function onBegin(turn: Turn): void {
  const { fleet, instance } = turn.run;
  turn.enter({ kind: 'registering', untilNs: turn.after(fleet.queueNs) });
  askForAll(turn, instance);
  showWaiting(turn);
}

export function onRegister(turn: Turn, event: Happened<'register'>): void {
  const { link, index } = event;
  const ruling = rule(turn.run.places[index], event);
  if (ruling.kind === 'refuse') {
    turn.tell({ kind: 'refuse', link, code: ruling.code, message: ruling.message });
  } else if (ruling.kind === 'welcome-back') {
    turn.changeHolder(index, { link, heardNs: turn.atNs, suspect: false });
    turn.tell({ kind: 'grant', link, index, epoch: ruling.holder.epoch });
    repeatOrders(turn, index);
  } else if (turn.run.stage.kind === 'leaving') {
    turn.tell({ kind: 'refuse', link, code: 'run-over', message: `place ${index}: the run is over` });
  } else if (event.arrival !== undefined && event.arrival.problem !== null) {
    turnAway(turn, event, event.arrival.problem);
  } else {
    if (ruling.replaces !== null) forget(turn, index, ruling.replaces, 'was replaced by a later attempt');
    admit(turn, event);
  }
}

/** Nodes that are not what was asked for, at one place, before the engine is not asked for it any more. */
const MOST_WRONG_NODES = 3;

/** The engine gave a place that is not what was asked for: it is asked again. */
function turnAway(turn: Turn, { link, index, attempt, node }: Happened<'register'>, problem: string): void {
  const message = `place ${index} on node ${node.id}: ${problem}`;
  const times = (turn.run.wrongNodes.get(index) ?? 0) + 1;
  turn.tell({ kind: 'refuse', link, code: 'wrong-node', message });
  turn.change({ wrongNodes: new Map([...turn.run.wrongNodes, [index, times]]) });
  if (times >= MOST_WRONG_NODES) abandon(turn, index, attempt, `${message} (${times} times)`, 'no-place');
  else vacate(turn, index, attempt, message);
  release(turn, attempt);
}

function admit(turn: Turn, { link, index, attempt, nonce, node, pid, arrival }: Happened<'register'>): void {
  const epoch = turn.nextEpoch();
  const place = turn.run.places[index];
  const isGiven = place?.kind === 'expected' && place.standing.kind === 'given';
  const holder: Holder = {
    epoch,
    attempt,
    nonce,
    link,
    node: node.id,
    placedNs: isGiven ? place.standing.sinceNs : turn.atNs,
    heardNs: turn.atNs,
    isEnding: false,
    suspect: false,
    clock: null,
    clockJournaledNs: null,
  };
  turn.setPlace(index, { kind: 'held', holder });
  turn.tell({ kind: 'grant', link, index, epoch });
  if (!turn.run.nodes.has(node.id)) {
    turn.change({ nodes: new Set([...turn.run.nodes, node.id]) });
    turn.journal({ kind: 'node', ...node });
  }
  const gpus = arrival === undefined ? {} : { gpus: arrival.gpus };
  const name = isServer(turn.run, index)
    ? `server-${index - placesOn(turn.run.fleet, turn.run.instance)}`
    : `agent-${index}`;
  turn.journal({ kind: 'agent-registered', agent: index, name, node: node.id, pid, attempt, ...gpus });
  fillUp(turn);
}

/** A place was filled: goes on when nobody else is missing. */
function fillUp(turn: Turn): void {
  const { stage, places } = turn.run;
  if (stage.kind === 'refilling') proceed(turn);
  else if (stage.kind === 'registering') {
    showWaiting(turn);
    if (places.every((place) => place.kind === 'held')) proceed(turn);
  }
}

function repeatOrders(turn: Turn, index: number): void {
  const { stage } = turn.run;
  if (stage.kind === 'calibrating') {
    const task = stage.tasks.find((other) => other.index === index);
    if (task !== undefined) turn.order(index, { kind: 'calibrate', command: task.command, spec: task.spec });
  } else if (stage.kind === 'leaving') turn.order(index, { kind: 'drain', reason: LEAVE_REASON });
  else repeatTrialOrders(turn, index);
}

/** The control stream of a holder is gone; it may come back while its lease lasts. */
export function onDetached(turn: Turn, { link }: Happened<'detached'>): void {
  const index = turn.run.places.findIndex((place) => place.kind === 'held' && place.holder.link === link);
  if (index >= 0) turn.changeHolder(index, { link: null });
}

/** Any word of a holder keeps its lease. */
export function touch(turn: Turn, index: number): void {
  turn.changeHolder(index, { heardNs: turn.atNs, suspect: false });
}

/** The engine saw an agent end. */
export function onExited(turn: Turn, { index, attempt, message }: Happened<'exited'>): void {
  const place = turn.run.places[index];
  if (place?.kind === 'held' && place.holder.attempt === attempt) lose(turn, index, message);
  else if (place?.kind === 'expected' && place.attempt === attempt) {
    abandon(turn, index, attempt, `agent ${index} ${message} before it registered`, 'never-registered');
  }
}

/** The engine says why it has not given an attempt its places yet. */
export function onQueued(turn: Turn, { attempt, why }: Happened<'queued'>): void {
  if (stand(turn, attempt, { kind: 'asked', why })) showWaiting(turn);
}

/** From now on the agents of an attempt are awaited, and no longer the engine. */
export function onPlaced(turn: Turn, { attempt }: Happened<'placed'>): void {
  if (stand(turn, attempt, { kind: 'given', sinceNs: turn.atNs })) showWaiting(turn);
}

/** Whether an agent of the attempt is still expected while people are shown who is waited for. */
function stand(turn: Turn, attempt: number, standing: Standing): boolean {
  let isExpected = false;
  for (const [index, place] of turn.run.places.entries()) {
    if (place.kind !== 'expected' || place.attempt !== attempt) continue;
    turn.setPlace(index, { ...place, standing });
    isExpected = true;
  }
  const { stage } = turn.run;
  return isExpected && (stage.kind === 'registering' || stage.kind === 'refilling');
}

/** The engine could not place an attempt. */
export function onNoPlace(turn: Turn, { attempt, message }: Happened<'no-place'>): void {
  for (const [index, place] of turn.run.places.entries()) {
    if (place.kind === 'expected' && place.attempt === attempt) abandon(turn, index, attempt, message, 'no-place');
  }
}

/** Nobody will come to a place: at the start the run cannot be, later the trials that need it are given up. */
function abandon(turn: Turn, index: number, attempt: number, why: string, code: 'never-registered' | 'no-place'): void {
  const { stage } = turn.run;
  if (stage.kind === 'ended') return;
  turn.setPlace(index, { kind: 'vacant', attempt, why });
  if (stage.kind === 'registering') fail(turn, { kind: 'failed', code, message: why });
  else {
    turn.fault(index, 'agent-lost', why);
    if (stage.kind === 'refilling') proceed(turn);
  }
}

/** The holder of a place is gone for good: its trial is invalid, and the engine is asked for the place again. */
export function lose(turn: Turn, index: number, why: string): void {
  const holder = turn.holder(index);
  if (holder !== null) forget(turn, index, holder, why);
}

function forget(turn: Turn, index: number, holder: Holder, why: string): void {
  const { stage } = turn.run;
  turn.tell({ kind: 'fence', epoch: holder.epoch });
  if (stage.kind === 'leaving') {
    depart(turn, index, holder.attempt);
    return;
  }
  turn.fault(index, 'agent-lost', `agent ${index} ${why}`);
  if (holder.link !== null) {
    const message = `place ${index}: the lease of epoch ${holder.epoch} is over, since its agent ${why}`;
    turn.tell({ kind: 'refuse', link: holder.link, code: 'fenced', message });
  }
  vacate(turn, index, holder.attempt, why);
  release(turn, holder.attempt);
  if (stage.kind === 'calibrating') abandonCalibration(turn, index);
  else excuse(turn, index);
}

/** What is left of an attempt of which nobody holds a place any more ends: it may not answer, or be cut off. */
function release(turn: Turn, attempt: number): void {
  if (turn.run.places.every((place) => attemptOf(place) !== attempt)) turn.tell({ kind: 'release', attempt });
}

/** Asks for the place again, unless nothing will be run there any more. */
function vacate(turn: Turn, index: number, formerAttempt: number, why: string): void {
  if (!isNeeded(turn, index)) {
    turn.setPlace(index, { kind: 'vacant', attempt: formerAttempt, why: `agent ${index} ${why}` });
    return;
  }
  askAgain(turn, index);
}

/** Whether a trial is still to come that the place takes part in; the one under way is lost with it. */
function isNeeded({ run }: Turn, index: number): boolean {
  if (run.interrupt !== null) return false;
  const underWay = trialOf(run);
  const isBegunAnew = run.stage.kind === 'running' && run.stage.anewLeadNs !== null;
  const isUnderWay = underWay !== null && !isBegunAnew && !mayBeRetried(run, underWay);
  const ahead = run.fleet.trials.slice(run.next + (isUnderWay ? 1 : 0));
  return ahead.some((trial) => takers(trial).includes(index) && trial.instance === run.instance);
}

/** A lost agent's calibration is given to another of its node, or to its successor. */
export function abandonCalibration(turn: Turn, index: number): void {
  const { stage } = turn.run;
  if (stage.kind !== 'calibrating') return;
  const tasks = stage.tasks.filter((task) => task.index !== index);
  turn.enter({ kind: 'calibrating', tasks });
  if (!calibrateMissing(turn)) proceed(turn);
}

/** A holder leaves in good order. */
export function depart(turn: Turn, index: number, attempt: number): void {
  turn.setPlace(index, { kind: 'vacant', attempt, why: `agent ${index} has left` });
  const { stage } = turn.run;
  if (stage.kind !== 'leaving') return;
  const waiting = without(stage.waiting, index);
  turn.enter({ ...stage, waiting });
  if (waiting.size === 0) left(turn);
}

/** Silence: suspect after a few missed heartbeats, lost after twice the lease. */
export function watchTenures(turn: Turn): void {
  const { suspectNs, leaseNs } = turn.run.fleet.deadlines;
  for (const [index, place] of turn.run.places.entries()) {
    if (place.kind !== 'held') continue;
    const silentNs = turn.atNs - place.holder.heardNs;
    if (silentNs >= 2 * leaseNs) lose(turn, index, `gave no sign of life for ${toSeconds(leaseNs) * 2} s`);
    else if (silentNs >= suspectNs && !place.holder.suspect) {
      turn.changeHolder(index, { suspect: true });
      const message = `agent ${index} was not heard for ${toSeconds(suspectNs)} s`;
      turn.show({ kind: 'fault', message });
    }
  }
}

/** Deadlines of places: the engine's and registration at the start, refilling later. */
export function overduePlaces(turn: Turn): void {
  const { stage } = turn.run;
  if (stage.kind === 'registering') {
    overdueRegistration(turn);
    if (turn.run.stage.kind === 'registering' && turn.atNs >= stage.untilNs) overdueEngine(turn);
  } else if (stage.kind === 'refilling' && turn.atNs >= stage.untilNs) {
    const reason = whyNotGiven(turn.run.places);
    const why = `did not register within ${toSeconds(stage.withinNs)} s${reason === null ? '' : ` (${reason})`}`;
    for (const index of absentees(turn)) {
      const place = turn.run.places[index];
      if (place?.kind === 'expected') {
        turn.setPlace(index, { kind: 'vacant', attempt: place.attempt, why: `agent ${index} ${why}` });
      }
    }
    proceed(turn);
  }
}

/** An agent whose place was given long ago did not come. */
function overdueRegistration(turn: Turn): void {
  const { places, fleet } = turn.run;
  const { registrationNs } = fleet.deadlines;
  const absent = absentees(turn).filter((index) => {
    const place = places[index];
    return place?.kind === 'expected' && place.standing.kind === 'given'
      ? turn.atNs >= place.standing.sinceNs + registrationNs
      : false;
  });
  if (absent.length === 0) return;
  const message = `agent ${absent.join(', ')}: did not register within ${toSeconds(registrationNs)} s`;
  fail(turn, { kind: 'failed', code: 'never-registered', message });
}

/** The engine gave no place in time. */
function overdueEngine(turn: Turn): void {
  const { places, fleet } = turn.run;
  const isAsked = (index: number): boolean => {
    const place = places[index];
    return place?.kind === 'expected' && place.standing.kind === 'asked';
  };
  const absent = absentees(turn).filter(isAsked);
  if (absent.length === 0) return;
  const why = whyNotGiven(places) ?? 'the engine did not say why';
  const message = `agent ${absent.join(', ')}: no place was given within ${toSeconds(fleet.queueNs)} s: ${why}`;
  fail(turn, { kind: 'failed', code: 'no-place', message });
}

const absentees = ({ run }: Turn): readonly number[] =>
  indices(run.places.length).filter((index) => run.places[index]?.kind === 'expected');
