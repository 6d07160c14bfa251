import { expect, test } from 'vitest';
import { studentTAbove, studentTQuantile, studentTTail } from '../../../src/stats/student-t.ts';

// Reference values: SciPy 1.17.1, bench/reference/scipy_values.py.
const QUANTILES: readonly (readonly [p: number, degrees: number, t: number])[] = [
  [0.975, 19, 2.0930240544083087],
  [0.99, 19, 2.5394831906239625],
  [0.995, 19, 2.8609346064649794],
  [0.95, 19, 1.7291328115213682],
  [0.01, 19, -2.539483190623963],
  [0.6, 19, 0.25692281979615467],
  [0.99, 1, 31.820515953773935],
  [0.99, 4, 3.746947387979196],
  [0.99, 13, 2.650308837912191],
  [0.999, 2, 22.327124770119866],
  [0.99, 1000, 2.330082674755513],
  [0.99, 1000000.0, 2.326351603120805],
  [0.5, 7, 0.0],
  [0.500001, 19, 2.5398127891487893e-6],
  [0.999999999, 5, 98.93722520824214],
];

test.each(QUANTILES)('the t quantile of %d with %d degrees is %d', (p, degrees, t) => {
  expect(Math.abs(studentTQuantile(p, degrees) - t)).toBeLessThanOrEqual(
    1e-9 * Math.abs(t) * (p > 0.99999 ? 100 : 1) + 1e-15,
  );
});

const TAILS: readonly (readonly [t: number, degrees: number, tail: number])[] = [
  [0, 19, 0.5],
  [0.5, 18, 0.31156622864829325],
  [1, 1, 0.25000000000000006],
  [2.100922040241038, 18, 0.025000000000000053],
  [3, 4, 0.019970984035859413],
  [8, 18, 1.22536026610955e-7],
  [25, 18, 9.916100380540669e-16],
  [1.96, 1000000.0, 0.024998033792634926],
];

test.each(TAILS)('t exceeds %d with %d degrees with probability %d', (t, degrees, tail) => {
  expect(Math.abs(studentTTail(t, degrees) - tail)).toBeLessThanOrEqual(1e-9 * tail);
});

// Reference values: SciPy 1.17.1, bench/reference/comparison_values.py.
const ABOVE: readonly (readonly [t: number, degrees: number, above: number])[] = [
  [0, 7, 0.5],
  [1, 7, 0.1753083314101037],
  [-1, 7, 0.8246916685898963],
  [2.5, 15, 0.012252901623256913],
  [8, 15, 4.305465191353813e-7],
  [40, 7, 7.951089992425182e-10],
  [0.3, 1, 0.4072264209222577],
  [3, 1000000.0, 0.0013499312707109],
  [-6.5, 3.7, 0.9981143224747615],
];

test.each(ABOVE)('t above %d with %d degrees has probability %d', (t, degrees, above) => {
  expect(Math.abs(studentTAbove(t, degrees) / above - 1)).toBeLessThan(1e-9);
});

test('nothing lies above infinity, everything above its negative', () => {
  expect([studentTAbove(Number.POSITIVE_INFINITY, 5), studentTAbove(Number.NEGATIVE_INFINITY, 5)]).toEqual([0, 1]);
});
