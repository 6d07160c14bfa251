import { expect, test } from 'vitest';
import { correlationFactor, dispersionOf, effectiveSize } from '../../../src/stats/effective.ts';

const TWENTY = Array.from({ length: 20 }, (_, j) => j);
const HUNDREDS = TWENTY.map(() => 100);

test('one bad block of twenty counts for far less than its requests', () => {
  const over = TWENTY.map((j) => (j === 10 ? 100 : 0));
  const { share, standardError, inflation, n } = dispersionOf(over, HUNDREDS);
  // s = 0.05: d is 95 once and -5 nineteen times; of the nineteen pairs of neighbours two hold the 95.
  const scatter = 95 ** 2 + 19 * 25;
  const neighbours = 17 * 25 - 2 * 95 * 5;
  const phi = Math.max(0, neighbours / scatter + 1 / 20);
  const v = ((20 / 19) * scatter) / 2000 ** 2;
  expect(n).toBe(2000);
  expect(share).toBe(0.05);
  expect(standardError ** 2).toBeCloseTo((v * (1 + phi)) / (1 - phi), 15);
  expect(inflation).toBeCloseTo((v * ((1 + phi) / (1 - phi)) * 2000) / (0.05 * 0.95), 10);
  expect(inflation).toBeGreaterThan(100);
});

test('two bad blocks side by side are one event: their correlation widens the error', () => {
  const over = TWENTY.map((j) => (j === 9 || j === 10 ? 60 : 0));
  const { standardError, inflation } = dispersionOf(over, HUNDREDS);
  // s = 0.06: d is 54 twice and -6 eighteen times.
  const scatter = 2 * 54 ** 2 + 18 * 36;
  const phi = (54 ** 2 - 2 * 54 * 6 + 16 * 36) / scatter + 1 / 20;
  const variance = ((20 / 19) * scatter * (1 + phi)) / (1 - phi) / 2000 ** 2;
  expect(phi).toBeCloseTo(0.489, 3);
  expect(standardError ** 2).toBeCloseTo(variance, 15);
  expect(inflation).toBeCloseTo((variance * 2000) / (0.06 * 0.94), 10);
});

test('evenly spread requests are as good as independent', () => {
  expect(
    dispersionOf(
      TWENTY.map((j) => 5 + (j % 2)),
      HUNDREDS,
    ).inflation,
  ).toBe(1);
});

test.each([
  ['none is over', TWENTY.map(() => 0)],
  ['all are over', HUNDREDS],
  ['every block has the same share', TWENTY.map(() => 7)],
])('nothing is inflated when %s', (_, over) => {
  const { inflation, standardError } = dispersionOf(over, HUNDREDS);
  expect(inflation).toBe(1);
  expect(standardError).toBeCloseTo(0, 15);
});

test('blocks of varying size are compared by their own size', () => {
  const of = TWENTY.map((j) => 20 * (j + 1));
  expect(
    dispersionOf(
      of.map((n) => n / 10),
      of,
    ).inflation,
  ).toBe(1);
});

test('a trend over the blocks correlates neighbours, at most 0.8', () => {
  expect(correlationFactor(TWENTY.map((j) => j - 9.5))).toBeCloseTo(1.8 / 0.2, 12);
  expect(correlationFactor(TWENTY.map((j) => (j % 2 === 0 ? 1 : -1)))).toBe(1);
  expect(correlationFactor([1, 1, -1, -1])).toBeCloseTo((1 + 0.5) / (1 - 0.5), 12);
});

test('an effective size pays for estimating the inflation from twenty blocks', () => {
  expect(effectiveSize(1000, 1, 0.99)).toBeCloseTo(1000 * (2.3263478740408408 / 2.5394831906239625) ** 2, 6);
  expect(effectiveSize(1000, 4, 0.99)).toBeCloseTo(effectiveSize(250, 1, 0.99), 9);
});
