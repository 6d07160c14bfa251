/** The engine is asked for places: for all that the trials ahead need, or for one again. */
import { placesOn } from './fleet-plan.ts';
import { askedFor } from './place.ts';
import type { Run } from './run-state.ts';
import { indices, type Turn } from './turn.ts';

/** Asks for the whole fleet on an instance: for the places that serve by an attempt of their own, since they may be others. */
export function askForAll(turn: Turn, instance: string | null): void {
  const { fleet } = turn.run;
  const loads = indices(placesOn(fleet, instance));
  const attempt = turn.nextAttempt();
  turn.change({ instance, places: loads.map(() => askedFor(attempt)) });
  turn.tell({ kind: 'submit', attempt, indices: loads, instance });
  if (fleet.servers === null) return;
  const { count, instance: ofServers } = fleet.servers;
  const another = turn.nextAttempt();
  turn.change({ places: [...turn.run.places, ...indices(count).map(() => askedFor(another))] });
  turn.tell({
    kind: 'submit',
    attempt: another,
    indices: indices(count).map((i) => loads.length + i),
    instance: ofServers,
  });
}

/** Asks for one place again. */
export function askAgain(turn: Turn, index: number): void {
  const attempt = turn.nextAttempt();
  turn.setPlace(index, askedFor(attempt));
  turn.tell({ kind: 'submit', attempt, indices: [index], instance: instanceAt(turn.run, index) });
}

/** Whether a place serves, and offers no load. */
export const isServer = ({ fleet, instance }: Run, index: number): boolean => index >= placesOn(fleet, instance);

/** Key of the fleet's instances: what a place is; null: anything. */
const instanceAt = (run: Run, index: number): string | null =>
  isServer(run, index) ? (run.fleet.servers?.instance ?? null) : run.instance;
