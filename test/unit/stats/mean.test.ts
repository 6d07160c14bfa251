import { expect, test } from 'vitest';
import { Histogram } from '../../../src/stats/histogram.ts';
import { batchMean, largestDuration, meanDuration } from '../../../src/stats/mean.ts';
import type { Population } from '../../../src/stats/population.ts';

const population = (durationsNs: readonly number[], infinite = 0): Population => {
  const finite = new Histogram();
  for (const duration of durationsNs) finite.record(duration);
  return { finite, infinite };
};

test('the mean of blocks has the standard error of uncorrelated values', () => {
  const alternating = Array.from({ length: 20 }, (_, j) => (j % 2 === 0 ? 9 : 11));
  expect(batchMean(alternating)).toEqual({ mean: 10, standardError: Math.sqrt(20 / 19 / 20) });
});

test('neighbours that move together widen it', () => {
  const drifting = Array.from({ length: 20 }, (_, j) => 10 + j);
  const { mean, standardError } = batchMean(drifting);
  expect(mean).toBe(19.5);
  expect(standardError).toBeCloseTo(Math.sqrt((35 / 20) * 9), 10);
});

test('a mean duration is the exact mean with t bounds over its blocks', () => {
  const blocks = Array.from({ length: 20 }, (_, j) => population(j % 2 === 0 ? [900, 900] : [1100, 1100]));
  const whole = population(Array.from({ length: 20 }, (_, j) => (j % 2 === 0 ? [900, 900] : [1100, 1100])).flat());
  const reach = 2.0930240544083087 * Math.sqrt(((20 / 19) * 20 * 200 ** 2) / 40 ** 2);
  const found = meanDuration(whole, blocks);
  expect(found).toMatchObject({ value: 1000, method: 'batch-means', confidence: 0.95 });
  expect(found.low).toBeCloseTo(1000 - reach, 6);
});

test('one request at infinity censors mean and maximum', () => {
  expect(meanDuration(population([5, 7], 1), null)).toEqual({ value: null, reason: 'censored', low: 7 });
  expect(largestDuration(population([5, 7], 1))).toEqual({ value: null, reason: 'censored', low: 7 });
});

test('without blocks, mean and maximum are facts; without requests there are none', () => {
  expect(meanDuration(population([5, 7]), null)).toEqual({ value: 6, low: null, high: null, method: 'observed' });
  expect(largestDuration(population([5, 7]))).toMatchObject({ value: 7, method: 'observed' });
  expect(meanDuration(population([]), null)).toEqual({ value: null, reason: 'too-few-samples', needs: 1 });
  expect(largestDuration(population([]))).toEqual({ value: null, reason: 'too-few-samples', needs: 1 });
});
