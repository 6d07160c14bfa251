import { expect, test } from 'vitest';
import { coverageOf, growthOf, meanOf, quantileOf, slopeOf, within } from '../../../src/gpu/within.ts';

const series = { atNs: [0, 1e9, 2e9, 3e9, 4e9], values: [10, 11, 12, 20, 21] };

test('readings outside a window are not in it, at neither end', () => {
  expect(within(series, { fromNs: 1e9, toNs: 2e9 })).toEqual([11, 12]);
  expect(within(series, { fromNs: 5e9, toNs: 6e9 })).toEqual([]);
});

test('a counter grows from its last reading before the window to its first after it', () => {
  expect(growthOf(series, { fromNs: 1.5e9, toNs: 2.5e9 })).toBe(9);
  expect(growthOf(series, { fromNs: -1e9, toNs: 9e9 })).toBe(11);
  expect(growthOf({ atNs: [0], values: [1] }, { fromNs: 0, toNs: 1e9 })).toBeNull();
  expect(growthOf({ atNs: [0, 1e9], values: [9, 2] }, { fromNs: 0, toNs: 1e9 })).toBe(-7);
});

test('coverage counts time, not readings', () => {
  const window = { fromNs: 0, toNs: 4e9 };
  expect(coverageOf([0.1e9, 0.2e9, 0.3e9, 3.5e9], window)).toBeCloseTo(0.5, 9);
  expect(coverageOf([-0.3e9, 0.9e9, 1.7e9, 2.9e9, 4.1e9], window), 'once a second, more or less a fifth').toBe(1);
  expect(coverageOf([-2e9, 9e9], window)).toBe(0);
  expect(coverageOf([], window)).toBe(0);
});

test('quantiles are nearest ranks, and nothing has none', () => {
  expect([0.05, 0.5, 0.95].map((p) => quantileOf([4, 1, 3, 2], p))).toEqual([1, 2, 4]);
  expect(quantileOf([], 0.5)).toBeNull();
  expect(meanOf([])).toBeNull();
});

test('a slope is per second', () => {
  expect(slopeOf({ atNs: [0, 1e9, 2e9], values: [50, 50.5, 51] }, { fromNs: 0, toNs: 2e9 })).toBeCloseTo(0.5, 12);
  expect(slopeOf(series, { fromNs: 0, toNs: 1e9 })).toBeNull();
});
