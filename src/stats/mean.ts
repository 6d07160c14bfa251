import { BLOCKS } from './blocks.ts';
import { correlationFactor } from './effective.ts';
import { type Estimate, observed } from './estimate.ts';
import { type Population, sizeOf } from './population.ts';
import { studentTQuantile } from './student-t.ts';

/** Two-sided confidence of the bounds on a mean. */
export const MEAN_CONFIDENCE = 0.95;

/** A mean over blocks and its standard error, correlation between neighbouring blocks included. */
export interface BatchMean {
  readonly mean: number;
  readonly standardError: number;
}

/** Batch means of one value per block: sd / sqrt(B) · sqrt((1 + phi)/(1 - phi)). Source: Law, Simulation Modeling, ch. 9. */
export function batchMean(values: readonly number[]): BatchMean {
  const count = values.length;
  const mean = values.reduce((total, value) => total + value, 0) / count;
  const deviations = values.map((value) => value - mean);
  const variance = deviations.reduce((total, d) => total + d * d, 0) / (count - 1);
  return { mean, standardError: Math.sqrt((variance / count) * correlationFactor(deviations)) };
}

/** Mean duration of a population, nanoseconds: a ratio of block sums, its lower bound never below 0. Censored as soon as one request is at infinity. */
export function meanDuration(whole: Population, blocks: readonly Population[] | null): Estimate {
  if (sizeOf(whole) === 0) return { value: null, reason: 'too-few-samples', needs: 1 };
  if (whole.infinite > 0) return { value: null, reason: 'censored', low: whole.finite.maxNs };
  const n = whole.finite.total;
  const value = whole.finite.sumNs / n;
  if (blocks === null || n < BLOCKS) return observed(value);
  const deviations = blocks.map((block) => block.finite.sumNs - block.finite.total * value);
  const scatter = deviations.reduce((total, d) => total + d * d, 0);
  const variance = ((BLOCKS / (BLOCKS - 1)) * scatter * correlationFactor(deviations)) / n ** 2;
  const reach = studentTQuantile((1 + MEAN_CONFIDENCE) / 2, BLOCKS - 1) * Math.sqrt(variance);
  return {
    value,
    low: Math.max(0, value - reach),
    high: value + reach,
    confidence: MEAN_CONFIDENCE,
    method: 'batch-means',
  };
}

/** Largest duration of a population, nanoseconds: a fact. */
export function largestDuration(whole: Population): Estimate {
  if (sizeOf(whole) === 0) return { value: null, reason: 'too-few-samples', needs: 1 };
  if (whole.infinite > 0) return { value: null, reason: 'censored', low: whole.finite.maxNs };
  return observed(whole.finite.maxNs);
}
