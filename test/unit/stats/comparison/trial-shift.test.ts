import { expect, test } from 'vitest';
import { trialShift, withinTrialShift } from '../../../../src/stats/comparison/trial-shift.ts';

// Reference values: SciPy 1.17.1, bench/reference/comparison_values.py.
test('trials that were not paired are compared by Welch on logarithms', () => {
  const shift = trialShift([102.3, 99.1, 101.7, 98.4, 104.9], [108.8, 101.5, 110.2]);
  expect(shift.share).toBeCloseTo(0.0544290080814491, 12);
  expect(shift.low).toBeCloseTo(-0.03839722229249177, 10);
  expect(shift.high).toBeCloseTo(0.15621601648681213, 10);
});

test('trials without scatter have bounds without width', () => {
  const { share, low, high } = trialShift([2, 2], [3, 3]);
  expect(share).toBeCloseTo(0.5, 12);
  expect([low, high]).toEqual([share, share]);
});

test('bounds within one trial each add as squares on logarithms, side by side', () => {
  const shift = withinTrialShift({ value: 100, low: 90, high: 120 }, { value: 110, low: 105, high: 130 });
  expect(shift.share).toBeCloseTo(0.1, 12);
  expect(shift.low).toBeCloseTo(1.1 * Math.exp(-Math.hypot(Math.log(110 / 105), Math.log(1.2))) - 1, 12);
  expect(shift.high).toBeCloseTo(1.1 * Math.exp(Math.hypot(Math.log(130 / 110), Math.log(100 / 90))) - 1, 12);
  expect(shift.method).toBe('mover-within-trial');
});

test('an open bound of either opens that side; figures without bounds are facts', () => {
  const open = withinTrialShift({ value: 100, low: 90, high: null }, { value: 110, low: 105, high: 130 });
  expect(open.low).toBeNull();
  expect(open.high).not.toBeNull();
  const facts = withinTrialShift({ value: 4, low: null, high: null }, { value: 5, low: null, high: null });
  expect([facts.share, facts.method]).toEqual([0.25, 'observed']);
});
