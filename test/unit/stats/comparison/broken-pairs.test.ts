import { expect, test } from 'vitest';
import { kindOf, signPValue } from '../../../../src/stats/comparison/broken-pairs.ts';

test('zero and infinity are no figures', () => {
  const kinds = [
    [1, 2],
    [1, Number.POSITIVE_INFINITY],
    [1, 0],
    [0, 1],
    [Number.POSITIVE_INFINITY, 0],
  ].map(([baseline = 0, candidate = 0]) => kindOf({ baseline, candidate }));
  expect(kinds).toEqual(['both', 'baseline-only', 'baseline-only', 'candidate-only', 'neither']);
});

test('the sign test counts as the binomial distribution does', () => {
  // By hand: 1/2^8; (1 + 8)/2^8; (1 + 16 + 120)/2^16.
  expect(signPValue(8, 8)).toBeCloseTo(1 / 256, 12);
  expect(signPValue(7, 8)).toBeCloseTo(9 / 256, 12);
  expect(signPValue(14, 16)).toBeCloseTo(137 / 65_536, 12);
  expect([signPValue(0, 8), signPValue(0, 0)]).toEqual([1, 1]);
});
