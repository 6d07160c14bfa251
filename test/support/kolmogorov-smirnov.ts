/**
 * Kolmogorov and Smirnov's statistic sqrt(n) sup |F_n - F| of a sample against a continuous law. Above 1.95 the law is
 * refused at the level 0.001 (asymptotic distribution of Kolmogorov, 1933).
 */
export function ksStatistic(sample: readonly number[], cdf: (x: number) => number): number {
  const sorted = Float64Array.from(sample).sort();
  const n = sorted.length;
  let distance = 0;
  for (const [i, x] of sorted.entries()) {
    const f = cdf(x);
    distance = Math.max(distance, f - i / n, (i + 1) / n - f);
  }
  return distance * Math.sqrt(n);
}

export const KS_CRITICAL = 1.95;

export const exponentialCdf = (x: number): number => 1 - Math.exp(-x);
export const uniformCdf = (x: number): number => Math.min(1, Math.max(0, x));

export const gapsOf = (instants: readonly number[]): number[] =>
  instants.slice(1).map((at, i) => at - (instants[i] ?? 0));

/** Standard deviation over mean. */
export function variation(sample: readonly number[]): number {
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length;
  const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (sample.length - 1);
  return Math.sqrt(variance) / mean;
}
