/** Where the trials ahead need another type of instance: the places of the one are given back, those of the next asked for. */
import { askForAll } from './asking.ts';
import type { TrialOrder } from './fleet-plan.ts';
import { attemptOf } from './place.ts';
import { indices, type Turn } from './turn.ts';
import { showWaiting } from './waiting.ts';

const MOVE_REASON = 'the trials ahead run on another instance';

/** Whether a trial needs places of another type than those that are there. */
export const needsMove = ({ run }: Turn, trial: TrialOrder): boolean => trial.instance !== run.instance;

/** Everybody leaves; nothing of them counts any more, since all that they measured is on disk. */
export function move(turn: Turn, { instance }: TrialOrder): void {
  const { places, fleet } = turn.run;
  for (const index of indices(places.length)) {
    turn.order(index, { kind: 'drain', reason: MOVE_REASON });
    const holder = turn.holder(index);
    if (holder !== null) turn.tell({ kind: 'fence', epoch: holder.epoch });
  }
  for (const attempt of new Set(places.flatMap((place) => attemptOf(place) ?? []))) {
    turn.tell({ kind: 'release', attempt });
  }
  askForAll(turn, instance);
  turn.enter({ kind: 'refilling', untilNs: turn.after(fleet.queueNs), withinNs: fleet.queueNs });
  showWaiting(turn);
}
