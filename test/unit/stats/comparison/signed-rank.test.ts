import { expect, test } from 'vitest';
import { signedRankAbove } from '../../../../src/stats/comparison/signed-rank.ts';

// Counted by hand; the last is the example of R's wilcox.test (depression scores, V = 40).
test.each<[readonly number[], number]>([
  [[1, 2, 3, 4, 5], 1 / 32],
  [[-1, -2, -3], 1],
  // Rank sums of at least 13 of 15: {15}, {14}, {13} positive, of which 1 + 1 + 1 ways.
  [[-2, 1, 3, 4, 5], 3 / 32],
  [[-1, 2, 3, 4, 5], 2 / 32],
  [
    [
      1.83 - 0.878,
      0.5 - 0.647,
      1.62 - 0.598,
      2.48 - 2.05,
      1.68 - 1.06,
      1.88 - 1.29,
      1.55 - 1.06,
      3.06 - 3.14,
      1.3 - 1.29,
    ],
    0.01953125,
  ],
])('of %j it is that of all signs', (differences, expected) => {
  expect(signedRankAbove(differences)).toBeCloseTo(expected, 12);
});

test('ties share their rank, zeros tell nothing, and of nothing everything is chance', () => {
  // Ranks 1.5, 1.5 and 3: the sum of the positive ones is 4.5 or more in three of eight ways.
  expect(signedRankAbove([1, -1, 2, 0, 0])).toBeCloseTo(3 / 8, 12);
  expect(signedRankAbove([0, 0])).toBe(1);
  expect(signedRankAbove([])).toBe(1);
});
