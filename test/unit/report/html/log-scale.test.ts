import { expect, test } from 'vitest';
import { logScale } from '../../../../src/report/html/log-scale.ts';

test('an axis of few decades has ticks at 1, 2 and 5, an axis of many at powers of ten', () => {
  expect(logScale([2.036, 993])?.ticks).toEqual([2, 5, 10, 20, 50, 100, 200, 500, 1000]);
  expect(logScale([0.004, 950])?.ticks).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
});

test('equal ratios are equal distances, from margin to margin', () => {
  const scale = logScale([1, 100]);
  expect([1, 10, 100].map((value) => scale?.percent(value))).toEqual(['3%', '50%', '97%']);
  const higher = logScale([10, 1000]);
  expect([10, 100, 1000].map((value) => higher?.percent(value))).toEqual(['3%', '50%', '97%']);
});

test('nothing lies outside the axis, and zero stands at its start', () => {
  const scale = logScale([1, 100]);
  expect(scale?.percent(0)).toBe('3%');
  expect(scale?.percent(1e9)).toBe('97%');
});

test.each([[[5]], [[0]], [[10, 10]]])('the single place %j has an axis around it', (values) => {
  const scale = logScale(values);
  expect(scale?.ticks.length).toBeGreaterThanOrEqual(2);
  expect(scale?.percent(values[0] as number)).toMatch(/^[\d.]+%$/);
});

test('without values there is no axis', () => {
  expect(logScale([])).toBeNull();
});
