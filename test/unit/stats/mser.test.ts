import { describe, expect, test } from 'vitest';
import { mser5 } from '../../../src/stats/mser.ts';
import { referenceSeries } from '../../support/reference-series.ts';

// Reference values: the definition in NumPy, bench/reference/scipy_values.py.
const REFERENCES: readonly (readonly [n: number, rise: number, wave: number, cut: number])[] = [
  [20, 0.0, 1.0, 0],
  [20, 0.05, 1.0, 2],
  [20, -0.2, 2.0, 1],
  [60, 0.01, 3.0, 0],
  [300, 0.002, 1.0, 0],
  [300, -0.03, 1.0, 30],
  [103, 0.02, 5.0, 0],
];

describe('MSER-5', () => {
  test.each(REFERENCES)('cuts %d values rising by %d with waves of %d after %d means', (n, rise, wave, cut) => {
    expect(mser5(referenceSeries(n, rise, wave))?.cut).toBe(cut);
  });

  test('cuts a slow start where it ends, and tries no more than half', () => {
    const start = Array.from({ length: 30 }, () => 20);
    const rest = referenceSeries(120, 0, 1);
    expect(mser5([...start, ...rest])).toMatchObject({ cut: 6, atBound: false });
    expect(mser5(Array.from({ length: 50 }, (_, i) => 100 - i))).toMatchObject({ cut: 5, atBound: true });
  });

  test('means hold five values each; what is left at the end is in none', () => {
    const found = mser5(Array.from({ length: 23 }, (_, i) => i));
    expect(found?.means).toEqual([2, 7, 12, 17]);
  });

  test('says nothing of fewer than twenty values', () => {
    expect(mser5(Array.from({ length: 19 }, (_, i) => i))).toBeNull();
  });
});
