/**
 * Wilcoxon's signed-rank test, one-sided: the chance that as much of the rank sum is positive as was found, when every
 * difference is as likely to be its own negative. Exact: all 2^n signs are counted, ties get mean ranks, zeros are left
 * out. 1 where nothing is left.
 *
 * Source: Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945); ties after Pratt and Gibbons,
 * Concepts of Nonparametric Theory (1981).
 */
export function signedRankAbove(differences: readonly number[]): number {
  const told = differences.filter((difference) => difference !== 0);
  const ranks = doubledRanks(told.map(Math.abs));
  const found = ranks.reduce((sum, rank, i) => sum + ((told[i] as number) > 0 ? rank : 0), 0);
  const most = ranks.reduce((sum, rank) => sum + rank, 0);
  // Shares of all signs by their sum of positive ranks.
  let shares = new Float64Array(most + 1);
  shares[0] = 1;
  for (const rank of ranks) {
    const next = new Float64Array(most + 1);
    for (let sum = 0; sum <= most; sum++) {
      const share = (shares[sum] as number) / 2;
      if (share === 0) continue;
      next[sum] = (next[sum] as number) + share;
      next[sum + rank] = (next[sum + rank] as number) + share;
    }
    shares = next;
  }
  return Math.min(
    1,
    shares.subarray(found).reduce((sum, share) => sum + share, 0),
  );
}

/** Twice the rank of each value, ascending from 1: mean ranks of ties are whole then. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (order[to]?.value === order[from]?.value) to++;
    for (let i = from; i < to; i++) ranks[order[i]?.index as number] = from + 1 + to;
    from = to;
  }
  return ranks;
}
