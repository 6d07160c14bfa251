import { studentTQuantile } from './student-t.ts';

/** Where a figure lies from trial to trial. */
export interface BetweenTrials {
  /** Geometric mean of the trials' own figures. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  readonly method: 't-of-logs';
  readonly trials: number;
}

/** From so many trials on, their scatter says something. */
const LEAST_TRIALS = 5;
const CONFIDENCE = 0.95;

/**
 * Two-sided t bounds on the mean of the logarithms of one figure per trial, such as each trial's P95: they hold what
 * differs between trials, which bounds within a trial cannot. Null below five trials, or where one has no figure above zero.
 */
export function betweenTrials(values: readonly (number | null)[]): BetweenTrials | null {
  const logs = values.map((value) => (value !== null && value > 0 ? Math.log(value) : Number.NaN));
  if (logs.length < LEAST_TRIALS || logs.some(Number.isNaN)) return null;
  const count = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / count;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (count - 1);
  const reach = studentTQuantile((1 + CONFIDENCE) / 2, count - 1) * Math.sqrt(variance / count);
  return {
    value: Math.exp(mean),
    low: Math.exp(mean - reach),
    high: Math.exp(mean + reach),
    confidence: CONFIDENCE,
    method: 't-of-logs',
    trials: count,
  };
}
