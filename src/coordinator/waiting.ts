import { whyNotGiven } from './place.ts';
import type { Turn } from './turn.ts';

/** Shows how many agents have come, and why the engine has not given the places of the others. */
export function showWaiting(turn: Turn): void {
  const { places } = turn.run;
  const registered = places.filter((place) => place.kind === 'held').length;
  const why = whyNotGiven(places);
  turn.show({ kind: 'waiting', registered, of: places.length, ...(why === null ? {} : { why }) });
}
