import { expect, test } from 'vitest';
import { amount } from '../../../../src/engines/kubernetes/quantity.ts';

test.each([
  ['8', 8],
  ['7900m', 7.9],
  ['32Gi', 32 * 2 ** 30],
  ['16G', 16e9],
  ['131072Ki', 2 ** 27],
  ['1e3', 1000],
  ['2E', 2e18],
  ['0.5', 0.5],
])('%s is %d', (text, value) => {
  expect(amount(text)).toBe(value);
});

test.each(['', 'x', '3 Gi', '3Kb'])('%j is no quantity', (text) => {
  expect(amount(text)).toBeNaN();
});
