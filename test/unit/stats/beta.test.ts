import { expect, test } from 'vitest';
import { betaCdf, betaQuantile } from '../../../src/stats/beta.ts';

// Reference values: SciPy 1.17.1, bench/reference/scipy_values.py.
const SHARES: readonly (readonly [x: number, a: number, b: number, share: number])[] = [
  [0.5, 0.5, 0.5, 0.5000000000000001],
  [0.1, 2, 3, 0.05230000000000001],
  [0.9, 2, 3, 0.9963],
  [0.05, 1, 89.78, 0.9899994178243162],
  [0.03, 10.5, 400.25, 0.7382848965081522],
  [0.2, 0.001, 5, 0.9997834456464277],
  [0.999, 50, 0.5, 0.7523690199653766],
  [0.05, 500, 9500, 0.5054915522569031],
  [0.052, 500, 9500, 0.8212239547692228],
  [0.01, 1000.5, 99000.5, 0.4979288229787206],
  [0.5, 100000.0, 100000.0, 0.49999999999999895],
  [1e-8, 1, 3687, 3.686932049424662e-5],
  [0.0101, 10000.0, 1000000.0, 0.9777875433046725],
];
const QUANTILES: readonly (readonly [q: number, a: number, b: number, x: number])[] = [
  [0.99, 1, 107, 0.04212594255740103],
  [0.99, 32.7, 1950.2, 0.023847351176410223],
  [0.01, 32.7, 1950.2, 0.010564799970753911],
  [0.5, 0.5, 0.5, 0.4999999999999999],
  [0.975, 0.01, 3, 0.018517027223824943],
  [0.01, 9.5, 0.3, 0.7497120872570953],
  [0.99, 1001, 99000, 0.010756594114118648],
  [0.01, 1000, 99001, 0.009282389075270792],
  [1e-6, 2, 2, 0.0005774614337920399],
  [0.999999, 2, 2, 0.9994225385661997],
  [0.01, 0.25, 400, 1.6890075141780018e-11],
  [0.5, 30000.0, 5000000.0, 0.005964149233284809],
];

const relative = (got: number, want: number): number => Math.abs(got - want) / Math.max(Math.abs(want), 1e-300);

test.each(SHARES)('the regularised incomplete beta at %d for a = %d, b = %d is %d', (x, a, b, share) => {
  expect(relative(betaCdf(x, a, b), share)).toBeLessThan(1e-11);
});

test.each(QUANTILES)('the beta quantile of %d for a = %d, b = %d is %d', (q, a, b, x) => {
  expect(relative(betaQuantile(q, a, b), x)).toBeLessThan(1e-10);
});

test('the ends of the beta distribution are exact', () => {
  expect(betaCdf(0, 2, 3)).toBe(0);
  expect(betaCdf(1, 2, 3)).toBe(1);
  expect(betaQuantile(0, 2, 3)).toBe(0);
  expect(betaQuantile(1, 2, 3)).toBe(1);
});
