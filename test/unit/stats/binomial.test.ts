import { expect, test } from 'vitest';
import { binomialCdf, lowerShare, upperShare } from '../../../src/stats/binomial.ts';

// Reference values: SciPy 1.17.1, bench/reference/scipy_values.py.
const BOUNDS: readonly (readonly [k: number, n: number, low: number, high: number])[] = [
  [0, 107, 0.0, 0.04212594255740103],
  [1, 130, 7.730728743380397e-5, 0.04997087171533811],
  [10, 398, 0.010441548076893447, 0.04997138520111362],
  [581, 4000, 0.1325210530478851, 0.15868685992696202],
  [12, 2400, 0.0022643728087687054, 0.00948725510956658],
  [30.5, 812.25, 0.023712438329086916, 0.05609692548241979],
  [5, 5, 0.39810717055349726, 1.0],
  [0.4, 20, 3.6525926437013323e-7, 0.24142013221113515],
  [100, 2504, 0.03136776749820593, 0.049994096801698],
];

const relative = (got: number, want: number): number => Math.abs(got - want) / Math.max(Math.abs(want), 1e-300);

test.each(BOUNDS)('the one-sided 0.99 bounds on %d of %d are %d and %d', (k, n, low, high) => {
  const gotLow = lowerShare(k, n, 0.99);
  if (low === 0) expect(gotLow).toBe(0);
  else expect(relative(gotLow, low)).toBeLessThan(1e-9);
  expect(relative(upperShare(k, n, 0.99), high)).toBeLessThan(1e-9);
});

/** MLPerf inference rules, early stopping: requests needed at P95 with so many over, every request independent. */
const EARLY_STOPPING = [
  [0, 90],
  [1, 130],
  [10, 398],
  [100, 2504],
] as const;

test.each(EARLY_STOPPING)(
  "with %d over, %d requests are the fewest that prove a P95, as in MLPerf's table",
  (over, n) => {
    expect(upperShare(over, n, 0.99)).toBeLessThan(0.05);
    expect(upperShare(over, n - 1, 0.99)).toBeGreaterThan(0.05);
  },
);

test('the binomial distribution function adds its probabilities', () => {
  const half = [1, 5, 10, 10, 5, 1].map((ways) => ways / 32);
  let sum = 0;
  half.forEach((probability, k) => {
    sum += probability;
    expect(binomialCdf(k, 5, 0.5)).toBeCloseTo(sum, 14);
  });
  expect(binomialCdf(-1, 5, 0.5)).toBe(0);
});
