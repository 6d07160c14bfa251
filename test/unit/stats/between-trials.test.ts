import { expect, test } from 'vitest';
import { betweenTrials } from '../../../src/stats/between-trials.ts';

test('five figures have t bounds on the mean of their logarithms', () => {
  // By hand: logs 1..5 have mean 3 and standard deviation sqrt(2.5); t at 0.975 with 4 degrees is 2.776445.
  const found = betweenTrials([1, 2, 3, 4, 5].map(Math.exp));
  const reach = 2.776445 * Math.sqrt(2.5 / 5);
  expect(found?.value).toBeCloseTo(Math.exp(3), 8);
  expect(found?.low).toBeCloseTo(Math.exp(3 - reach), 4);
  expect((found?.high ?? 0) / Math.exp(3 + reach)).toBeCloseTo(1, 5);
  expect(found).toMatchObject({ confidence: 0.95, method: 't-of-logs', trials: 5 });
});

test('equal figures have no scatter', () => {
  expect(betweenTrials([8, 8, 8, 8, 8, 8])).toMatchObject({ trials: 6 });
  const { low = 0, high = 0 } = betweenTrials([8, 8, 8, 8, 8]) ?? {};
  expect(low).toBeCloseTo(8, 10);
  expect(high).toBeCloseTo(8, 10);
});

test('four trials, a missing figure or a zero say nothing of the scatter', () => {
  expect(betweenTrials([1, 2, 3, 4])).toBeNull();
  expect(betweenTrials([1, 2, null, 4, 5])).toBeNull();
  expect(betweenTrials([1, 2, 0, 4, 5])).toBeNull();
});
