import { expect, test } from 'vitest';
import { risesThrough, rising } from '../../../../src/stats/peak/rising.ts';

// Reference values: scipy.optimize.isotonic_regression of SciPy 1.17.1, bench/reference/peak_values.py.
test.each([
  [
    [1, 3, 2, 2, 5, 4, 6],
    [1, 7 / 3, 7 / 3, 7 / 3, 4.5, 4.5, 6],
  ],
  [
    [5, 4, 3, 2, 1],
    [3, 3, 3, 3, 3],
  ],
  [
    [-2.5, -3, -1, -1.5, -1.4, 0.2, 0.1],
    [-2.75, -2.75, -1.3, -1.3, -1.3, 0.15, 0.15],
  ],
])('%j is nearest to the rising sequence %j', (values, expected) => {
  for (const [i, value] of rising(values).entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 12);
});

const points = (...values: readonly number[]) => values.map((y, i) => ({ x: 10 * (i + 1), y }));

test('a height is passed between the points that lie on both sides of it', () => {
  expect(risesThrough(points(0, 1, 3, 4), 2)).toBe(25);
  expect(risesThrough(points(0, 1, 3, 4), 1)).toBe(20);
});

test('points that fall back are taken together before a height is looked for', () => {
  // 3 and 1 stand for 2 and 2: the height 2.5 is passed after both of them.
  expect(risesThrough(points(0, 3, 1, 4), 2.5)).toBe(32.5);
});

test('a height that nothing reaches, or everything exceeds, is not passed', () => {
  expect(risesThrough(points(0, 1, 2), 2.5)).toBeNull();
  expect(risesThrough(points(3, 4, 5), 2.5)).toBeNull();
});
