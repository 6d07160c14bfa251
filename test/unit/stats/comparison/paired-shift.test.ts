import { expect, test } from 'vitest';
import { momentsOf } from '../../../../src/stats/comparison/moments.ts';
import {
  increasePValue,
  logRatios,
  meanBounds,
  shareOf,
  upperMeanBound,
} from '../../../../src/stats/comparison/paired-shift.ts';

// Reference values: SciPy 1.17.1, bench/reference/comparison_values.py.
const baseline = [102.3, 99.1, 101.7, 98.4, 104.9, 100.2, 97.7, 103.1];
const candidate = [108.8, 101.5, 110.2, 104.4, 107.3, 109.9, 101.2, 111.6];
const pairsOf = (a: readonly number[], b: readonly number[]) =>
  a.map((value, index) => ({ baseline: value, candidate: b[index] ?? Number.NaN }));

test('mean, scatter and p-value of pairs are those of the paired t test on logarithms', () => {
  const moments = logRatios(pairsOf(baseline, candidate));
  expect(moments.count).toBe(8);
  expect(moments.mean).toBeCloseTo(0.05680401842336605, 14);
  expect(moments.deviation).toBeCloseTo(0.026899868674049913, 14);
  expect(increasePValue(moments)).toBeCloseTo(0.000278611960128865, 12);
  expect(increasePValue(logRatios(pairsOf(candidate, baseline)))).toBeCloseTo(0.9997213880398711, 12);
});

test('bounds on the mean are those of the t test', () => {
  const moments = logRatios(pairsOf(baseline, candidate));
  expect(upperMeanBound(moments, 0.975)).toBeCloseTo(0.07929287142396346, 12);
  const { low, high } = meanBounds(moments, 0.95);
  expect([low, high].map((bound) => bound.toFixed(12))).toEqual(['0.034315165423', '0.079292871424']);
});

test('one pair proves nothing and bounds nothing', () => {
  const moments = logRatios([{ baseline: 1, candidate: 9 }]);
  expect(increasePValue(moments)).toBe(1);
  expect(upperMeanBound(moments, 0.95)).toBe(Number.POSITIVE_INFINITY);
});

test('without scatter the sign decides', () => {
  expect(increasePValue({ count: 4, mean: 0.1, deviation: 0 })).toBe(0);
  expect(increasePValue({ count: 4, mean: 0, deviation: 0 })).toBe(1);
});

test('a figure of zero is no figure to compare', () => {
  expect(() => logRatios([{ baseline: 0, candidate: 5 }])).toThrow('expected two figures above zero');
});

test('a log ratio reads as a share', () => {
  expect(shareOf(Math.log(1.1))).toBeCloseTo(0.1, 14);
});

test('values that lie close together keep their digits', () => {
  expect(momentsOf([1e9 + 1, 1e9 + 2, 1e9 + 3]).deviation).toBe(1);
});
