import { expect, test } from 'vitest';
import { normalQuantile } from '../../../src/stats/normal.ts';

// Reference values: SciPy 1.17.1, bench/reference/scipy_values.py.
const QUANTILES: readonly (readonly [p: number, z: number])[] = [
  [1e-9, -5.9978070150076865],
  [0.001, -3.090232306167813],
  [0.01, -2.3263478740408408],
  [0.025, -1.9599639845400545],
  [0.2, -0.8416212335729142],
  [0.425, -0.18911842627279252],
  [0.5, 0.0],
  [0.6, 0.2533471031357997],
  [0.75, 0.6744897501960817],
  [0.95, 1.6448536269514722],
  [0.975, 1.959963984540054],
  [0.99, 2.3263478740408408],
  [0.995, 2.5758293035489004],
  [0.999, 3.090232306167813],
  [0.999999999, 5.997807019601637],
];

test.each(QUANTILES)('the normal quantile of %d is %d', (p, z) => {
  expect(Math.abs(normalQuantile(p) - z)).toBeLessThanOrEqual(
    1e-14 * Math.max(1, Math.abs(z)) + (p > 0.99999 ? 2e-7 : 0),
  );
});
