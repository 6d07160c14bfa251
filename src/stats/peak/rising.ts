export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The rising sequence that is nearest to the values in squares: neighbours that fall are replaced by their mean until none
 * does (pool adjacent violators; Ayer, Brunk, Ewing, Reid and Silverman 1955).
 */
export function rising(values: readonly number[]): readonly number[] {
  const pools: { readonly sum: number; readonly count: number }[] = [];
  for (const value of values) {
    let last = { sum: value, count: 1 };
    for (let before = pools.at(-1); before !== undefined && !isBelow(before, last); before = pools.at(-1)) {
      pools.pop();
      last = { sum: before.sum + last.sum, count: before.count + last.count };
    }
    pools.push(last);
  }
  return pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
}

const isBelow = (a: { sum: number; count: number }, b: { sum: number; count: number }): boolean =>
  a.sum / a.count < b.sum / b.count;

/**
 * Where the rising sequence through the points (by ascending x) passes `y`, by straight lines between them; null: it stays
 * below or above throughout.
 */
export function risesThrough(points: readonly Point[], y: number): number | null {
  const fitted = rising(points.map((point) => point.y));
  for (const [index, to] of points.entries()) {
    const from = points[index - 1];
    const [low, high] = [fitted[index - 1], fitted[index]];
    if (from === undefined || low === undefined || high === undefined) continue;
    if (low <= y && y < high) return from.x + ((y - low) / (high - low)) * (to.x - from.x);
  }
  return null;
}
