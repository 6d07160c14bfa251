import { expect, test } from 'vitest';
import { exponential, fillExponential, minusLog } from '../../../src/scenarios/exponential.ts';
import { stream } from '../../../src/scenarios/rng.ts';
import { exponentialCdf, KS_CRITICAL, ksStatistic } from '../../support/kolmogorov-smirnov.ts';

test('the logarithm is right to the last place over its whole domain', () => {
  const rng = stream('1', 'logarithm');
  const values = Array.from({ length: 100_000 }, () => 1 - rng.next());
  for (let e = 0; e <= 53; e++) {
    for (const x of [1, 1.25, 1.41, 1.42, 1.5, 1.9999]) values.push(Math.max(1, Math.floor(x * 2 ** e)) / 2 ** 53);
  }
  let worst = 0;
  for (const v of values.filter((value) => value < 1)) {
    worst = Math.max(worst, Math.abs(minusLog(v) / -Math.log(v) - 1));
  }
  expect(worst).toBeLessThan(4 * Number.EPSILON);
  expect(minusLog(1)).toBe(0);
  expect(minusLog(2 ** -53)).toBeCloseTo(53 * Math.LN2, 12);
});

test('draws follow the exponential law of mean 1', () => {
  const rng = stream('3', 'exponential');
  const sample = Array.from({ length: 20_000 }, () => exponential(rng));
  expect(ksStatistic(sample, exponentialCdf)).toBeLessThan(KS_CRITICAL);
});

test('a filled buffer holds the draws that one would get one by one', () => {
  const buffer = new Float64Array(300);
  fillExponential(stream('3', 'buffer'), buffer);
  const rng = stream('3', 'buffer');
  expect([...buffer]).toEqual(Array.from({ length: 300 }, () => exponential(rng)));
});
