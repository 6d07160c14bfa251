import { describe, expect, test } from 'vitest';
import { slopeOf } from '../../../src/stats/slope-test.ts';
import { studentTQuantile } from '../../../src/stats/student-t.ts';
import { referenceSeries } from '../../support/reference-series.ts';

// Reference values: SciPy 1.17.1 linregress, bench/reference/scipy_values.py.
const REFERENCES: readonly (readonly [n: number, rise: number, wave: number, slope: number, se: number, p: number])[] =
  [
    [20, 0.0, 1.0, -0.01148418524975841, 0.027259037966709317, 0.6785253112212697],
    [20, 0.05, 1.0, 0.0385158147502416, 0.027259037966709313, 0.17472756594985647],
    [20, -0.2, 2.0, -0.22296837049951687, 0.054518075933418626, 0.0006876418766580484],
    [60, 0.01, 3.0, 0.03168650719141593, 0.015466385542826689, 0.0450221912640494],
    [300, 0.002, 1.0, 0.0018287655939846041, 0.0004726448200753652, 0.00013415150226309578],
  ];

describe('the slope test', () => {
  test.each(REFERENCES)(
    'of %d values rising by %d with waves of %d agrees with SciPy',
    (n, rise, wave, slope, se, p) => {
      const values = referenceSeries(n, rise, wave);
      const found = slopeOf(values);
      const perChange = n / (values.reduce((a, b) => a + b, 0) / n);
      expect(found?.p).toBeCloseTo(p, 9);
      expect(found?.change).toBeCloseTo(slope * perChange, 9);
      const reach = studentTQuantile(0.975, n - 2) * se * perChange;
      expect(found?.low).toBeCloseTo(slope * perChange - reach, 9);
      expect(found?.high).toBeCloseTo(slope * perChange + reach, 9);
    },
  );

  test('a line changes from its start to its end by as much as it rises over its mean', () => {
    const rising = Array.from({ length: 20 }, (_, j) => 9.5 + (j + 0.5) / 20);
    const found = slopeOf(rising);
    expect(found?.change).toBeCloseTo(0.1, 12);
    expect(found?.p).toBeLessThan(1e-12);
    expect(slopeOf([...rising].reverse())?.change).toBeCloseTo(-0.1, 12);
  });

  test('values that do not vary have no slope, and nothing above zero has none to speak of', () => {
    expect(slopeOf([4, 4, 4, 4])).toMatchObject({ change: 0, p: 1 });
    expect(slopeOf([0, 0, 0])).toBeNull();
    expect(slopeOf([1, 2])).toBeNull();
  });
});
