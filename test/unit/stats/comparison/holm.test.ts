import fc from 'fast-check';
import { expect, test } from 'vitest';
import { holmAdjusted } from '../../../../src/stats/comparison/holm.ts';

// Reference values: statsmodels 0.15.0, bench/reference/comparison_values.py.
test.each([
  [
    [0.01, 0.04, 0.03, 0.005],
    [0.03, 0.06, 0.06, 0.02],
  ],
  [
    [0.2, 0.001, 0.0004, 0.6, 0.02, 0.02],
    [0.4, 0.005, 0.0024, 0.6, 0.08, 0.08],
  ],
  [[0.9], [0.9]],
  [
    [0.5, 0.5],
    [1, 1],
  ],
])('%j adjusts to %j', (pValues, adjusted) => {
  for (const [index, p] of holmAdjusted(pValues).entries()) expect(p).toBeCloseTo(adjusted[index] ?? Number.NaN, 14);
});

test("an adjusted p-value is never below its own, above one, or out of order; the least is Bonferroni's", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }), (pValues) => {
      const adjusted = holmAdjusted(pValues);
      for (const [i, p] of pValues.entries()) {
        expect(adjusted[i]).toBeGreaterThanOrEqual(p);
        expect(adjusted[i]).toBeLessThanOrEqual(1);
        for (const [j, q] of pValues.entries())
          if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] ?? Number.NaN);
      }
      expect(Math.min(...adjusted)).toBe(Math.min(1, pValues.length * Math.min(...pValues)));
    }),
  );
});
