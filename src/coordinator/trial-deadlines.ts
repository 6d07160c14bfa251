/** Deadlines of a trial, and what of it is repeated to whoever comes back. */
import { seconds, toSeconds } from '../time/ns.ts';
import { prepareOrder } from './proceed.ts';
import type { ArmingStage, PreparingStage, RunningStage } from './run-stage.ts';
import { servedFor } from './serving.ts';
import { keepOpen, stopOrder, withdraw } from './trial-end.ts';
import { startOrder } from './trial-start.ts';
import type { Turn } from './turn.ts';

/** An agent whose last interval is stored and that does not say so is not waited for longer. */
const DONE_GRACE = seconds(3);

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
