import { expect, test } from 'vitest';
import { durationsAt, percentileSteps } from '../../../src/stats/distribution.ts';
import { Histogram, nearestRank } from '../../../src/stats/histogram.ts';
import { plainQuantileNs } from '../../../src/stats/percentile.ts';
import type { Population } from '../../../src/stats/population.ts';

const population = (durationsMs: readonly number[], infinite = 0): Population => {
  const finite = new Histogram();
  for (const ms of durationsMs) finite.record(ms * 1e6);
  return { finite, infinite };
};

test('steps go up from 0, halve what is left five by five, and end with the last request', () => {
  const steps = percentileSteps(1000);
  expect(steps.slice(0, 6)).toEqual([0, 0.09999999999999998, 0.19999999999999996, 0.30000000000000004, 0.4, 0.5]);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(nearestRank(steps.at(-1) ?? 0, 1000)).toBe(1000);
  expect(nearestRank(steps.at(-2) ?? 0, 1000)).toBeLessThan(1000);
});

test('the quantiles of every table are among the steps, as far as there are requests for them', () => {
  expect(percentileSteps(10_000)).toEqual(expect.arrayContaining([0.5, 0.9, 0.95, 0.99, 0.999]));
  expect(percentileSteps(50)).not.toContain(0.99);
});

test.each([
  [0, 0],
  [1, 2],
  [36_000_000, 140],
])('%d requests need no more than %d steps', (n, atMost) => {
  expect(percentileSteps(n).length).toBeLessThanOrEqual(atMost);
});

test('one walk over a histogram reads what the plain quantile reads', () => {
  const mixed = population(
    Array.from({ length: 5000 }, (_, i) => 1 + (i % 97) * 3.7 + (i % 1000 === 0 ? 5000 : 0)),
    120,
  );
  const steps = percentileSteps(5120);
  expect(durationsAt(mixed, steps)).toEqual(steps.map((p) => plainQuantileNs(mixed, p)));
  expect(durationsAt(mixed, steps)).toContain(null);
});

test('where every request has a bucket of its own, each rank reads its own request', () => {
  const single = population(
    Array.from({ length: 100 }, (_, i) => i + 1),
    20,
  );
  const steps = Array.from({ length: 120 }, (_, i) => (i + 1) / 120);
  expect(durationsAt(single, steps)).toEqual(steps.map((p) => plainQuantileNs(single, p)));
});

test('without requests there is nothing', () => {
  expect(durationsAt(population([]), [0, 0.5])).toEqual([null, null]);
});
