import { betaCdf, betaQuantile } from './beta.ts';

/**
 * One-sided Clopper-Pearson bounds on a binomial share at `confidence` each, for `hits` of `n`.
 *
 * Both may be real numbers: with n an effective sample size these are Korn and Graubard's bounds. Sources: Clopper and
 * Pearson, Biometrika 26 (1934); Korn and Graubard, Survey Methodology 24 (1998).
 */
export const lowerShare = (hits: number, n: number, confidence: number): number =>
  hits <= 0 ? 0 : betaQuantile(1 - confidence, hits, n - hits + 1);

export const upperShare = (hits: number, n: number, confidence: number): number =>
  hits >= n ? 1 : betaQuantile(confidence, hits + 1, n - hits);

/** P(X <= k) of X ~ Binomial(n, p), whole k and n. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return 1 - betaCdf(p, k + 1, n - k);
}
