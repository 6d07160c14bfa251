import { expect, test } from 'vitest';
import { minimumDetectableEffect } from '../../../../src/stats/comparison/detectable-effect.ts';

// Reference values: SciPy 1.17.1, bench/reference/comparison_values.py.
test.each([
  [0.03, 8, 0.01, 2, 5, 0.0679737864954311],
  [0.03, 16, 0.01, 2, 5, 0.038784002023802486],
  [0.1, 16, 0.05, 2, 1, 0.09068002606584917],
])(
  'scatter %d over %d pairs at alpha %d, %d looks, %d metrics detects %d',
  (deviation, count, alpha, looks, metrics, effect) => {
    expect(minimumDetectableEffect({ count, deviation }, { alpha, looks, metrics })).toBeCloseTo(effect, 11);
  },
);

test('one pair detects nothing', () => {
  const budget = { alpha: 0.01, looks: 2, metrics: 1 };
  expect(minimumDetectableEffect({ count: 1, deviation: 0 }, budget)).toBe(Number.POSITIVE_INFINITY);
});
