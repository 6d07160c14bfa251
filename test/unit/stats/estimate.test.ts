import { expect, test } from 'vitest';
import { type Estimate, observed, scaled } from '../../../src/stats/estimate.ts';

test('an estimate in another unit has its value and its bounds in it, and nothing else changed', () => {
  const bounded = { value: 2, low: 1, high: 4, confidence: 0.95, method: 'order-statistics', needs: 7 } as const;
  expect(scaled(bounded, 10)).toEqual({ ...bounded, value: 20, low: 10, high: 40 });
  expect(scaled({ ...bounded, low: null, high: null }, 10)).toEqual({ ...bounded, value: 20, low: null, high: null });
  expect(scaled(observed(3), 10)).toEqual(observed(30));
});

test('of a figure that is not known only the largest finite value has a unit', () => {
  const censored: Estimate = { value: null, reason: 'censored', low: 5 };
  expect(scaled(censored, 10)).toEqual({ ...censored, low: 50 });
  const few: Estimate = { value: null, reason: 'too-few-samples', needs: 72 };
  expect(scaled(few, 10)).toEqual(few);
});
