import type { Run } from './run-state.ts';

/** Whether a place watches its node: of the places on a node that are held, the first one does. */
export function observes({ places }: Run, index: number): boolean {
  const own = places[index];
  if (own?.kind !== 'held') return false;
  const first = places.findIndex((place) => place.kind === 'held' && place.holder.node === own.holder.node);
  return first === index;
}
