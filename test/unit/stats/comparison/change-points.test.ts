import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stream } from '../../../../src/scenarios/rng.ts';
import { blockLength, changePoints, midranks } from '../../../../src/stats/comparison/change-points.ts';
import { normalQuantile } from '../../../../src/stats/normal.ts';

const noise = (count: number, name: string) => {
  const rng = stream('11', name);
  return Array.from({ length: count }, () => normalQuantile(rng.next()));
};
const rule = (more = {}) => ({ alpha: 0.01, floor: 0, random: stream('11', 'rearranged'), ...more });

test('ranks are those of SciPy, ties sharing theirs', () => {
  // rankdata of SciPy 1.17.1, bench/reference/comparison_values.py.
  expect(midranks([3.1, 2.0, 3.1, 5.5, 2.0, 2.0, 9.0])).toEqual([4.5, 2, 4.5, 6, 2, 2, 7]);
});

test('a step of three deviations is found where it is', () => {
  const series = noise(60, 'step').map((value, index) => value + (index >= 40 ? 3 : 0));
  const [found, ...others] = changePoints(series, rule());
  expect(others).toEqual([]);
  expect(Math.abs((found?.at ?? 0) - 40)).toBeLessThanOrEqual(1);
  expect(found?.change).toBeGreaterThan(2);
  expect(found?.pValue).toBe(0.001);
});

test('up and down again are two changes, in order, each with its sign', () => {
  const series = noise(90, 'hump').map((value, index) => value + (index >= 30 && index < 60 ? 4 : 0));
  const found = changePoints(series, rule());
  expect(found.map(({ at }) => Math.round(at / 5) * 5)).toEqual([30, 60]);
  expect(found.map(({ change }) => Math.sign(change))).toEqual([1, -1]);
});

test('a change below the floor is none', () => {
  const series = noise(60, 'small').map((value, index) => value * 0.01 + (index >= 30 ? 0.04 : 0));
  expect(changePoints(series, rule())).toHaveLength(1);
  expect(changePoints(series, rule({ floor: 0.05 }))).toEqual([]);
});

test('one wild night is no change, nor is a series that stands still or is short', () => {
  const wild = noise(40, 'wild').map((value, index) => (index === 38 ? 80 : value));
  expect(changePoints(wild, rule())).toEqual([]);
  expect(changePoints(new Array(30).fill(2), rule())).toEqual([]);
  expect(changePoints([1, 1, 1, 9, 9, 9, 9], rule())).toEqual([]);
});

test('blocks grow with the series and always leave a dozen', () => {
  expect([8, 24, 60, 250].map(blockLength)).toEqual([1, 2, 3, 6]);
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 5000 }), (count) => {
      expect(count / blockLength(count)).toBeGreaterThanOrEqual(12);
    }),
  );
});
