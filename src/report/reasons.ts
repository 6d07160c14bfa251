import type { CellResult } from '../verdict/result.ts';
import type { Reason, VerdictKind } from '../verdict/verdict.ts';
import { countText } from './figures.ts';

/** Index of the cell in which a place lies, -1 where it is that of no cell. A place begins with its cell's name. */
export const cellOfPlace = (place: string, cells: readonly CellResult[]): number =>
  cells.findIndex(({ id }) => place === id || place.startsWith(`${id},`));

/** What a reason among those of a whole run led to: the verdict of its own cell, which may be milder than the run's. */
export const kindOf = ({ where }: Reason, run: VerdictKind, cells: readonly CellResult[]): VerdictKind =>
  cells[cellOfPlace(where, cells)]?.verdict.kind ?? run;

/** How many there are: one of several places counts for each, as in the table of `loadcell show`. */
export const cautionsTitle = (count: number): string => (count === 1 ? 'One caution' : `${countText(count)} cautions`);

/** Reasons that say the same of several places, once. */
export interface GroupedReason {
  readonly reason: Reason;
  readonly places: readonly string[];
}

export function grouped(reasons: readonly Reason[]): readonly GroupedReason[] {
  const groups = new Map<string, { reason: Reason; places: string[] }>();
  for (const reason of reasons) {
    const key = [reason.code, reason.message, reason.hint].join('\n');
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { reason, places: [reason.where] });
    else if (!known.places.includes(reason.where)) known.places.push(reason.where);
  }
  return [...groups.values()];
}
