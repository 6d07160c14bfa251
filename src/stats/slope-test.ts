import { studentTQuantile, studentTTail } from './student-t.ts';

/** A straight line through values at equal distances. */
export interface Slope {
  /** From the start of the first value's stretch to the end of the last one's, in parts of the mean: 0.1 is 10 % more. */
  readonly change: number;
  /** Two-sided bounds on it. */
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** Two-sided p of a change as large where there is none. */
  readonly p: number;
}

const CONFIDENCE = 0.95;

/**
 * Least squares of consecutive values on their index, the slope tested by Student's t with n - 2 degrees of freedom. Null
 * for fewer than three values, or where their mean is not above zero. Source: Draper and Smith, Applied Regression
 * Analysis, ch. 1.
 */
export function slopeOf(values: readonly number[]): Slope | null {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 3 || !(mean > 0)) return null;
  const middle = (count - 1) / 2;
  const spread = values.reduce((sum, _, j) => sum + (j - middle) ** 2, 0);
  const slope = values.reduce((sum, value, j) => sum + (j - middle) * (value - mean), 0) / spread;
  const left = values.reduce((sum, value, j) => sum + (value - mean - slope * (j - middle)) ** 2, 0);
  const degrees = count - 2;
  const standardError = Math.sqrt(left / degrees / spread);
  const perChange = count / mean;
  const reach = studentTQuantile((1 + CONFIDENCE) / 2, degrees) * standardError;
  return {
    change: slope * perChange,
    low: (slope - reach) * perChange,
    high: (slope + reach) * perChange,
    confidence: CONFIDENCE,
    p: pOf(slope, standardError, degrees),
  };
}

/** Values that lie on their line leave nothing to chance. */
function pOf(slope: number, standardError: number, degrees: number): number {
  if (slope === 0) return 1;
  return standardError === 0 ? 0 : Math.min(1, 2 * studentTTail(Math.abs(slope) / standardError, degrees));
}
