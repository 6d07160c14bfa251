import { BLOCKS } from './blocks.ts';
import { normalQuantile } from './normal.ts';
import { studentTQuantile } from './student-t.ts';

/**
 * How much a share scatters from block to block beyond independent requests. Requests of one second share a queue: a
 * burst of slow ones is one event, and n of them prove as much as n / inflation independent ones.
 */
export interface Dispersion {
  readonly n: number;
  /** Share over the threshold. */
  readonly share: number;
  /** Standard error of that share, correlation between neighbouring blocks included. */
  readonly standardError: number;
  /** I >= 1. */
  readonly inflation: number;
}

const LARGEST_CORRELATION = 0.8;

/**
 * Dispersion of `over[j]` of `of[j]` requests in consecutive blocks j.
 *
 * With s the whole share and d_j = over_j - of_j s: v = B/(B-1) · sum d_j^2 / n^2, phi the lag-one correlation of d plus
 * its bias 1/B, inflation = v (1 + phi)/(1 - phi) · n / (s (1 - s)), at least 1.
 */
export function dispersionOf(over: readonly number[], of: readonly number[]): Dispersion {
  const n = sum(of);
  const share = n === 0 ? 0 : sum(over) / n;
  const deviations = over.map((count, j) => count - (of[j] ?? 0) * share);
  const scatter = sum(deviations.map((d) => d * d));
  if (share <= 0 || share >= 1 || scatter === 0) return { n, share, standardError: 0, inflation: 1 };
  const blocks = over.length;
  const v = ((blocks / (blocks - 1)) * scatter) / n ** 2;
  const variance = v * correlationFactor(deviations);
  return {
    n,
    share,
    standardError: Math.sqrt(variance),
    inflation: Math.max(1, (variance * n) / (share * (1 - share))),
  };
}

/** (1 + phi)/(1 - phi) of consecutive deviations from their mean; 1 when they do not deviate. */
export function correlationFactor(deviations: readonly number[]): number {
  const scatter = sum(deviations.map((d) => d * d));
  if (scatter === 0) return 1;
  const neighbours = sum(deviations.slice(1).map((d, j) => d * (deviations[j] ?? 0)));
  const phi = Math.min(LARGEST_CORRELATION, Math.max(0, neighbours / scatter + 1 / deviations.length));
  return (1 + phi) / (1 - phi);
}

/**
 * Effective sample size of n requests: n / I · (z_c / t_{19,c})^2, the last factor because I itself is estimated from 20
 * blocks. Source: Korn and Graubard, Survey Methodology 24 (1998).
 */
export function effectiveSize(n: number, inflation: number, confidence: number): number {
  return (n / inflation) * (normalQuantile(confidence) / studentTQuantile(confidence, BLOCKS - 1)) ** 2;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
