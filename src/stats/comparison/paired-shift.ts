import { studentTAbove, studentTQuantile } from '../student-t.ts';
import { type Moments, momentsOf } from './moments.ts';

/** One figure of a baseline's trial and of the candidate's trial beside it, both above zero and in one unit. */
export interface Pair {
  readonly baseline: number;
  readonly candidate: number;
}

/**
 * log(candidate / baseline) of every pair. The replicate is the trial: neither pairs nor requests inside a trial may be
 * pooled with others. Throws {@link RangeError} where a figure is not above zero.
 */
export function logRatios(pairs: readonly Pair[]): Moments {
  return momentsOf(
    pairs.map(({ baseline, candidate }) => {
      if (baseline > 0 && candidate > 0) return Math.log(candidate / baseline);
      throw new RangeError(`pair: found ${baseline} and ${candidate}, expected two figures above zero`);
    }),
  );
}

/**
 * One-sided p-value of "no change" against "the candidate's figure is higher": the paired t test on logarithms, n - 1
 * degrees. 1 with fewer than two pairs. Without any scatter the sign decides. Source: Student (1908).
 */
export function increasePValue({ count, mean, deviation }: Moments): number {
  if (count < 2) return 1;
  if (deviation === 0) return mean > 0 ? 0 : 1;
  return studentTAbove((mean / deviation) * Math.sqrt(count), count - 1);
}

/** Upper one-sided bound on the mean logarithm at `confidence`; Infinity with fewer than two pairs. */
export function upperMeanBound({ count, mean, deviation }: Moments, confidence: number): number {
  if (count < 2) return Number.POSITIVE_INFINITY;
  return mean + (studentTQuantile(confidence, count - 1) * deviation) / Math.sqrt(count);
}

/** Two-sided bounds on the mean logarithm; open (infinite) with fewer than two pairs. */
export function meanBounds(moments: Moments, confidence: number): { readonly low: number; readonly high: number } {
  const high = upperMeanBound(moments, (1 + confidence) / 2);
  return { low: 2 * moments.mean - high, high };
}

/** A logarithm of a ratio as a share of 1: 0.05 for five percent more. */
export const shareOf = (log: number): number => Math.expm1(log);
