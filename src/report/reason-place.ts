import type { CellResult, Reason, VerdictKind } from '../verdict/result.ts';

/** Index of the cell in which a place lies, -1 where it is that of no cell. A place begins with its cell's name. */
export const cellOfPlace = (place: string, cells: readonly CellResult[]): number =>
  cells.findIndex(({ id }) => place === id || place.startsWith(`${id},`));

/** What a reason among those of a whole run led to: the verdict of its own cell, which may be milder than the run's. */
export const kindOf = ({ where }: Reason, run: VerdictKind, cells: readonly CellResult[]): VerdictKind =>
  cells[cellOfPlace(where, cells)]?.verdict.kind ?? run;
