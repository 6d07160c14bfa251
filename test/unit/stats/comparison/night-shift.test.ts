import { expect, test } from 'vitest';
import { detectableByNight, nightShift, upperNightBound } from '../../../../src/stats/comparison/night-shift.ts';

// Reference values: SciPy 1.17.1, bench/reference/comparison_values.py.
const nights = [4.61, 4.58, 4.66, 4.6, 4.57, 4.63, 4.62, 4.59];

test('one night against eight is a prediction of one further value', () => {
  const shift = nightShift(nights, 4.74);
  expect(shift.pValue).toBeCloseTo(0.001816935429791546, 11);
  expect(shift.log).toBeCloseTo(4.74 - 4.6075, 12);
  expect(detectableByNight(shift.nights, 0.01)).toBeCloseTo(0.14620976015120152, 11);
  expect(upperNightBound(shift, 0.95)).toBeCloseTo(0.19108660778616127, 11);
});

test('a faster night is no evidence of a slower one', () => {
  expect(nightShift(nights, 4.5).pValue).toBeGreaterThan(0.9);
});

test('nights without scatter: the sign decides', () => {
  expect(nightShift([1, 1, 1], 1.01).pValue).toBe(0);
  expect(nightShift([1, 1, 1], 1).pValue).toBe(1);
});

test('one night is no history', () => {
  expect(() => nightShift([1], 2)).toThrow('found 1, expected at least 2');
});
