import { expect, test } from 'vitest';
import { bucketOf, highestOf } from '../../../src/stats/buckets.ts';
import { Histogram } from '../../../src/stats/histogram.ts';
import { boundingRanks, floorOf, percentile, plainQuantileNs } from '../../../src/stats/percentile.ts';
import type { Population } from '../../../src/stats/population.ts';

const population = (durationsMs: readonly number[], infinite = 0): Population => {
  const finite = new Histogram();
  for (const ms of durationsMs) finite.record(ms * 1e6);
  return { finite, infinite };
};

/** What a duration reads as: the highest of its bucket, nanoseconds. */
const recorded = (ms: number): number => highestOf(bucketOf(ms * 1000)) * 1000;

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => (i + 1) / 10);

/** Twenty blocks in which the same values come in the same proportions. */
const evenBlocks = (durationsMs: readonly number[]): Population[] =>
  Array.from({ length: 20 }, (_, j) => population(durationsMs.filter((_, i) => i % 20 === j)));

test.each([
  [0.5, 6],
  [0.95, 72],
  [0.99, 368],
  [0.999, 3688],
])('the floor of the quantile %d is %d requests', (p, floor) => {
  expect(floorOf(p)).toBe(floor);
  expect(p ** floor).toBeLessThanOrEqual(0.025);
  expect(p ** (floor - 1)).toBeGreaterThan(0.025);
});

// Reference values: SciPy 1.17.1, bench/reference/scipy_values.py.
test.each([
  [0.5, 6, 1, 6],
  [0.5, 100, 40, 61],
  [0.95, 72, 64, 72],
  [0.95, 2400, 2259, 2301],
  [0.99, 368, 360, 368],
  [0.99, 5000, 4936, 4964],
  [0.999, 3688, 3680, 3688],
  [0.9, 200, 171, 189],
])('the quantile %d of %d independent requests lies between ranks %d and %d', (p, n, low, high) => {
  expect(boundingRanks(n, p)).toEqual([low, high]);
});

test('no order statistic bounds a quantile from above below its floor', () => {
  expect(boundingRanks(71, 0.95)[1]).toBeNull();
});

test('below the floor there is no number but a reason', () => {
  expect(percentile(population(upTo(71)), null, 0.95)).toEqual({ value: null, reason: 'too-few-samples', needs: 72 });
  expect(percentile(population(upTo(72)), null, 0.95)).toMatchObject({ method: 'observed' });
});

test('a rank among the failed requests is censored, with the largest finite value below it', () => {
  const found = percentile(population(upTo(90), 10), null, 0.95);
  expect(found).toEqual({ value: null, reason: 'censored', low: 9e6 });
  expect(percentile(population(upTo(96), 4), null, 0.95)).toMatchObject({ value: recorded(9.5) });
});

test('failures move the percentiles of all that remain', () => {
  const alone = percentile(population(upTo(900)), null, 0.9);
  const withFailures = percentile(population(upTo(900), 100), null, 0.9);
  expect(alone.value).toBe(recorded(81));
  expect(withFailures.value).toBeGreaterThanOrEqual(90e6);
});

test('requests as good as independent get the exact bounds of order statistics', () => {
  const values = upTo(2400);
  expect(percentile(population(values), evenBlocks(values), 0.95)).toMatchObject({
    method: 'order-statistics',
    confidence: 0.95,
    value: recorded(228),
    low: recorded(225.9),
    high: recorded(230.1),
  });
});

test('an outage opens the bounds of a percentile by the scatter of the blocks, the figure stays', () => {
  const blocks = Array.from({ length: 20 }, (_, j) => population(j === 5 ? upTo(100).map((v) => 500 + v) : upTo(100)));
  const whole = population(
    Array.from({ length: 20 }, (_, j) => (j === 5 ? upTo(100).map((v) => 500 + v) : upTo(100))).flat(),
  );
  const p90 = percentile(whole, blocks, 0.9);
  expect(p90).toMatchObject({ method: 'woodruff-batch-means', confidence: 0.95 });
  expect(p90.low).toBeLessThan(p90.value ?? 0);
  expect(p90).toHaveProperty(
    'high',
    expect.toSatisfy((high: number) => high > 500e6),
  );
  const p99 = percentile(whole, blocks, 0.99);
  expect(p99).toMatchObject({ high: null });
  expect(p99.value).toBeGreaterThan(500e6);
  // 19 requests, all of one block, lie above its bucket: the share's error is the share, 0.0095. 2.093 (t of 19 degrees)
  // times that must come down to 0.01.
  expect(p99).toHaveProperty('needs', Math.ceil(2000 * ((2.093024054408263 * 0.95) ** 2 - 1)));
});

test('a bound that falls among the failed requests is open', () => {
  const blocks = Array.from({ length: 20 }, () => population(upTo(97), 3));
  const whole = population(
    blocks.flatMap(() => upTo(97)),
    60,
  );
  expect(percentile(whole, blocks, 0.965)).toMatchObject({ high: null });
});

test('the plain quantile has no floor', () => {
  expect(plainQuantileNs(population([3]), 0.99)).toBe(3e6);
  expect(plainQuantileNs(population([]), 0.99)).toBeNull();
  expect(plainQuantileNs(population([3], 1), 0.99)).toBeNull();
});
