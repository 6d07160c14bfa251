import { expect, test } from 'vitest';
import { KPSS_CRITICAL, kpssOfLevel } from '../../../src/stats/kpss.ts';
import { referenceSeries } from '../../support/reference-series.ts';

// Reference values: statsmodels 0.15.0 kpss(regression='c'), bench/reference/scipy_values.py.
const REFERENCES: readonly (readonly [n: number, rise: number, wave: number, lags: number, statistic: number])[] = [
  [20, 0.0, 1.0, 1, 0.07848144825648534],
  [20, 0.05, 1.0, 0, 0.2412074000060529],
  [20, -0.2, 2.0, 3, 0.5301615986019315],
  [60, 0.01, 3.0, 2, 0.49153307358409226],
  [300, 0.002, 1.0, 12, 0.8953855421548969],
];

test.each(REFERENCES)(
  'KPSS of %d values rising by %d with waves of %d and %d lags agrees with statsmodels',
  (n, rise, wave, lags, statistic) => {
    expect(kpssOfLevel(referenceSeries(n, rise, wave), lags)).toBeCloseTo(statistic, 9);
  },
);

test('a level that moves exceeds the critical value whichever way it moves, one that stays does not', () => {
  const waves = referenceSeries(100, 0, 1);
  expect(kpssOfLevel(waves, 4)).toBeLessThan(KPSS_CRITICAL);
  expect(
    kpssOfLevel(
      waves.map((value, i) => value + 0.03 * i),
      4,
    ),
  ).toBeGreaterThan(KPSS_CRITICAL);
  expect(
    kpssOfLevel(
      waves.map((value, i) => value - 0.03 * i),
      4,
    ),
  ).toBeGreaterThan(KPSS_CRITICAL);
});

test('values that do not vary have no statistic', () => {
  expect(kpssOfLevel([3, 3, 3, 3], 1)).toBeNull();
  expect(kpssOfLevel([3], 0)).toBeNull();
});
