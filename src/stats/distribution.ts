import { nearestRank } from './histogram.ts';
import { durationOfBucket, type Population, sizeOf } from './population.ts';

/** Steps in which a halving of the distance to 100 % is made, as in HdrHistogram's own output. */
const STEPS_PER_HALVING = 5;

/** Quantiles that people ask for, and that a picture must show as they stand in a table. */
const ASKED_FOR = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999];

/**
 * The quantiles at which n requests show all that they tell of their tail, ascending from 0 to the first whose rank is
 * the last one: five steps to half of what is left, five to half of that, and so on. Source: Gil Tene, HdrHistogram,
 * percentile iteration.
 */
export function percentileSteps(n: number): readonly number[] {
  if (n === 0) return [];
  const steps: number[] = [];
  for (let index = 0; ; index++) {
    const step = stepAt(index);
    steps.push(step);
    if (nearestRank(step, n) >= n) break;
  }
  const last = steps.at(-1) ?? 0;
  return [...new Set([...steps, ...ASKED_FOR.filter((p) => p < last)])].sort((a, b) => a - b);
}

const stepAt = (index: number): number =>
  1 - 2 ** -Math.floor(index / STEPS_PER_HALVING) * (1 - (index % STEPS_PER_HALVING) / (2 * STEPS_PER_HALVING));

/** Nearest-rank quantiles of a population in nanoseconds, for ascending `steps`; null from where the rank lies at infinity. */
export function durationsAt(population: Population, steps: readonly number[]): readonly (number | null)[] {
  const n = sizeOf(population);
  const buckets = population.finite.bucketsOfRanks(steps.map((p) => Math.max(1, nearestRank(p, n))));
  return buckets.map((bucket) => (bucket < 0 ? null : durationOfBucket(population, bucket)));
}
