import { BEYOND, type Column } from '../chart-data.ts';
import { LEAST_MS } from './axes.ts';

/** What a line goes through: what lies beyond every response is no point of it. */
export const drawn = (column: Column, law: 'linear' | 'log'): (number | null)[] =>
  column.map((value) => {
    if (value === null || value === BEYOND) return null;
    return law === 'log' ? Math.max(LEAST_MS, value) : value;
  });

/** Indices of points without a neighbour: no line would show them. */
export function lonely(column: readonly (number | null | undefined)[]): number[] {
  const isThere = (index: number): boolean => typeof column[index] === 'number';
  return column.flatMap((_, index) => (isThere(index) && !isThere(index - 1) && !isThere(index + 1) ? [index] : []));
}

/** A column in which a single missing value between two others counts as there. */
export const bridged = (column: readonly (number | null | undefined)[]): (number | null | undefined)[] =>
  column.map((value, index) => value ?? (typeof column[index + 1] === 'number' ? column[index - 1] : value));

/** Smallest and largest of what is drawn between two indices and of the marks beside it; null when there is nothing. */
export function extent(
  columns: readonly (readonly (number | null | undefined)[])[],
  marks: readonly number[],
): readonly [number, number] | null {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  const take = (value: number | null | undefined): void => {
    if (typeof value !== 'number') return;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  };
  for (const column of columns) column.forEach(take);
  marks.forEach(take);
  return highest === Number.NEGATIVE_INFINITY ? null : [lowest, highest];
}
