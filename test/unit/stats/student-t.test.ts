import { expect, test } from 'vitest';
import { studentTQuantile } from '../../../src/stats/student-t.ts';

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
