import type { Series, Window } from './observation.ts';

/** Statistics of series within a window, both ends included. Null: there is no reading in it. */

/** The numbers of a series within a window. */
export function within({ atNs, values }: Pick<Series, 'atNs' | 'values'>, { fromNs, toNs }: Window): readonly number[] {
  return values.filter((_, place) => {
    const at = atNs[place] ?? Number.NaN;
    return at >= fromNs && at <= toNs;
  });
}

export const meanOf = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

export const largestOf = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((a, b) => Math.max(a, b));

export const smallestOf = (numbers: readonly number[]): number | null =>
  numbers.length === 0 ? null : numbers.reduce((a, b) => Math.min(a, b));

/** Nearest rank. */
export function quantileOf(numbers: readonly number[], quantile: number): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * quantile) - 1)] ?? null;
}

/**
 * How much a counter grew over a window: from its last reading at or before the start, else its first within, to its first
 * at or after the end, else its last within. Below zero: it was begun anew. Null: fewer than two readings.
 */
export function growthOf({ atNs, values }: Pick<Series, 'atNs' | 'values'>, { fromNs, toNs }: Window): number | null {
  const before = atNs.findLastIndex((at) => at <= fromNs);
  const after = atNs.findIndex((at) => at >= toNs);
  const first = before === -1 ? 0 : before;
  const last = after === -1 ? atNs.length - 1 : after;
  const [from, to] = [values[first], values[last]];
  if (from === undefined || to === undefined || last <= first) return null;
  for (let place = first + 1; place <= last; place++) {
    if ((values[place] ?? 0) < (values[place - 1] ?? 0)) return (values[place] ?? 0) - (values[place - 1] ?? 0);
  }
  return to - from;
}

/** Readings once a second, up to a fifth earlier or later, are to leave nothing out. */
const COVERS_NS = 0.6e9;

/** Share of a window that lies within 0.6 s of a reading. */
export function coverageOf(atNs: readonly number[], { fromNs, toNs }: Window): number {
  let covered = 0;
  let until = fromNs;
  for (const at of atNs) {
    const from = Math.max(until, at - COVERS_NS);
    const to = Math.min(toNs, at + COVERS_NS);
    covered += Math.max(0, to - from);
    until = Math.max(until, to);
  }
  return covered / Math.max(1, toNs - fromNs);
}

/** Share of a window from 0.6 s before the first of its readings to 0.6 s after the last, those beyond its edges included. */
export function spanOf(atNs: readonly number[], { fromNs, toNs }: Window): number {
  const [first, last] = [atNs[0], atNs.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const covered = Math.min(toNs, last + COVERS_NS) - Math.max(fromNs, first - COVERS_NS);
  return Math.max(0, covered) / Math.max(1, toNs - fromNs);
}

/** Least-squares slope, units per second; null: fewer than three readings or all at one instant. */
export function slopeOf({ atNs, values }: Pick<Series, 'atNs' | 'values'>, { fromNs, toNs }: Window): number | null {
  const points = atNs.flatMap((at, place) => {
    const value = values[place];
    return at < fromNs || at > toNs || value === undefined ? [] : [{ x: (at - fromNs) / 1e9, value }];
  });
  if (points.length < 3) return null;
  const middle = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const level = points.reduce((sum, { value }) => sum + value, 0) / points.length;
  const spread = points.reduce((sum, { x }) => sum + (x - middle) ** 2, 0);
  return spread === 0 ? null : points.reduce((sum, { x, value }) => sum + (x - middle) * (value - level), 0) / spread;
}
