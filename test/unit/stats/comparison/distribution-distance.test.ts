import fc from 'fast-check';
import { expect, test } from 'vitest';
import { distributionDistance } from '../../../../src/stats/comparison/distribution-distance.ts';
import { Histogram } from '../../../../src/stats/histogram.ts';

const population = (us: readonly number[], infinite = 0) => {
  const finite = new Histogram();
  for (const one of us) finite.record(one * 1000);
  return { finite, infinite };
};

// Reference values: SciPy 1.17.1, bench/reference/comparison_values.py.
test('gap and move are those of Kolmogorov, Smirnov and Wasserstein', () => {
  const found = distributionDistance(
    population([100, 200, 200, 300, 450, 800, 1200, 1999]),
    population([150, 200, 310, 450, 900, 1300, 1500, 1700, 1900, 2000]),
  );
  expect(found?.largestGap).toBeCloseTo(0.375, 14);
  expect(found?.meanMoveNs).toBeCloseTo(389_825, 6);
  // Two durations show the same gap up to a rounding: 450 us and 1200 us are both where it lies.
  expect([300_000, 800_000, 1_200_000]).toContain(found?.atNs);
});

test('a population does not lie apart from itself', () => {
  const one = population([5, 70, 900, 4000], 2);
  expect(distributionDistance(one, one)).toEqual({
    largestGap: 0,
    atNs: null,
    shares: { baseline: 0, candidate: 0 },
    meanMoveNs: 0,
  });
});

test('requests without end are missing at every duration', () => {
  const found = distributionDistance(population([100, 100, 100, 100]), population([100, 100, 100], 1));
  expect(found).toMatchObject({ largestGap: 0.25, atNs: 100_000, shares: { baseline: 1, candidate: 0.75 } });
});

test('nothing is compared with an empty population', () => {
  expect(distributionDistance(population([]), population([1]))).toBeNull();
});

test('it is the same distance from either side, and a shift by d moves every request by d', () => {
  const durations = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(durations, durations, fc.integer({ min: 0, max: 900 }), (a, b, shift) => {
      const there = distributionDistance(population(a), population(b));
      const back = distributionDistance(population(b), population(a));
      expect(there?.largestGap).toBeCloseTo(back?.largestGap ?? Number.NaN, 12);
      expect(there?.meanMoveNs).toBeCloseTo(back?.meanMoveNs ?? Number.NaN, 6);
      const moved = distributionDistance(population(a), population(a.map((us) => us + shift)));
      expect(moved?.meanMoveNs).toBeCloseTo(shift * 1000, 6);
    }),
  );
});
