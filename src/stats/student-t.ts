import { betaCdf, betaQuantile } from './beta.ts';

/**
 * Quantile of Student's t distribution with `degrees` > 0 degrees of freedom, 0 < p < 1; relative error about 1e-13.
 *
 * By the beta distribution: t^2 / (degrees + t^2) is Beta(1/2, degrees/2). The tail in hand is the one that keeps its
 * digits.
 */
export function studentTQuantile(p: number, degrees: number): number {
  if (p < 0.5) return -studentTQuantile(1 - p, degrees);
  if (p < 0.75) {
    const y = betaQuantile(2 * p - 1, 0.5, degrees / 2);
    return Math.sqrt((degrees * y) / (1 - y));
  }
  const x = betaQuantile(2 * (1 - p), degrees / 2, 0.5);
  return Math.sqrt((degrees * (1 - x)) / x);
}

/** Probability that Student's t with `degrees` > 0 degrees of freedom exceeds `t` >= 0. By the beta distribution, as above. */
export const studentTTail = (t: number, degrees: number): number =>
  betaCdf(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;

/** As {@link studentTTail}, of any `t`. */
export const studentTAbove = (t: number, degrees: number): number =>
  t < 0 ? 1 - studentTTail(-t, degrees) : studentTTail(t, degrees);
