import { expect, test } from 'vitest';
import { lnGamma, stirlingError } from '../../../src/stats/gamma.ts';

// Reference values: SciPy 1.17.1, bench/reference/scipy_values.py.
const VALUES: readonly (readonly [x: number, lnGamma: number])[] = [
  [0.001, 6.907178885383853],
  [0.5, 0.5723649429247],
  [1, 0.0],
  [1.5, -0.12078223763524526],
  [2, 0.0],
  [3.7, 1.428072326665388],
  [10, 12.801827480081469],
  [33.25, 82.42923834590904],
  [100, 359.1342053695754],
  [12345.678, 103959.91990554606],
  [10000000.0, 151180949.36947393],
];

test.each(VALUES)('ln gamma of %d is %d', (x, want) => {
  expect(Math.abs(lnGamma(x) - want)).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(want)));
});

test('what Stirling leaves of ln gamma is 1/(12 x) for large x and joins without a step where the series begins', () => {
  expect(stirlingError(1e6) * 12e6).toBeCloseTo(1, 12);
  expect(stirlingError(15 - 1e-9)).toBeCloseTo(stirlingError(15), 11);
});
