/**
 * Holm's step-down adjustment: reject where the adjusted p-value is below alpha, and the chance of any false rejection
 * among them all is at most alpha, whatever they have to do with each other. In the order given.
 *
 * Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).
 */
export function holmAdjusted(pValues: readonly number[]): readonly number[] {
  const count = pValues.length;
  const ascending = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<number>(count).fill(1);
  let least = 0;
  for (const [rank, { p, index }] of ascending.entries()) {
    least = Math.max(least, Math.min(1, (count - rank) * p));
    adjusted[index] = least;
  }
  return adjusted;
}
