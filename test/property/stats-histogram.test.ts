import fc from 'fast-check';
import { Int32Histogram } from 'hdr-histogram-js';
import { expect, test } from 'vitest';
import { BUCKETS, bucketOf, highestOf, lowestOf, MAX_US, toRecordedUs } from '../../src/stats/buckets.ts';
import { Histogram, nearestRank } from '../../src/stats/histogram.ts';

const hdr = () => new Int32Histogram(1, MAX_US, 3);

/** Microseconds over all magnitudes, with both ends. */
const us = fc.oneof(
  fc.integer({ min: 0, max: 4096 }),
  fc.double({ min: 0, max: Math.log2(MAX_US), noNaN: true }).map((power) => Math.min(MAX_US, Math.floor(2 ** power))),
  fc.constantFrom(0, 1, 2047, 2048, 2049, 4095, 4096, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, MAX_US - 1, MAX_US),
);
const samples = fc.array(us, { minLength: 1, maxLength: 400 });

const recorded = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value * 1000);
  return histogram;
};

const countsOf = (histogram: Histogram): (readonly [number, number])[] =>
  Array.from({ length: histogram.highestBucket + 1 }, (_, bucket) => [bucket, histogram.at(bucket)] as const).filter(
    ([, count]) => count > 0,
  );

test('a bucket has the bounds that hdr-histogram-js gives its values', () => {
  const reference = hdr();
  fc.assert(
    fc.property(us, (value) => {
      const bucket = bucketOf(value);
      expect(bucket).toBeLessThan(BUCKETS);
      expect(lowestOf(bucket)).toBe(reference.lowestEquivalentValue(value));
      expect(highestOf(bucket)).toBe(reference.highestEquivalentValue(value));
    }),
    { numRuns: 3000, seed: 1 },
  );
});

test('every bucket begins where the one before it ends', () => {
  const torn: number[] = [];
  for (let bucket = 1; bucket < BUCKETS; bucket++) {
    const joins = lowestOf(bucket) === highestOf(bucket - 1) + 1;
    const holds = bucketOf(lowestOf(bucket)) === bucket && bucketOf(Math.min(MAX_US, highestOf(bucket))) === bucket;
    if (!joins || !holds) torn.push(bucket);
  }
  expect(torn).toEqual([]);
  expect(BUCKETS).toBe(bucketOf(MAX_US) + 1);
});

test('percentiles are those of hdr-histogram-js, up to the exact maximum', () => {
  fc.assert(
    fc.property(samples, fc.constantFrom(0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1), (values, p) => {
      const reference = hdr();
      for (const value of values) reference.recordValue(value);
      const largest = Math.max(...values);
      const sorted = values.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, nearestRank(p, values.length)) - 1] ?? Number.NaN;
      const want = Math.min(reference.highestEquivalentValue(exact), largest);
      expect(recorded(values).quantileNs(p)).toBe(want * 1000);
      expect(Math.min(reference.getValueAtPercentile(p * 100), largest)).toBe(want);
    }),
    { numRuns: 300, seed: 2 },
  );
});

test('merging n histograms gives one histogram of all samples, bit for bit', () => {
  fc.assert(
    fc.property(fc.array(samples, { minLength: 1, maxLength: 8 }), (shares) => {
      const merged = new Histogram();
      for (const share of shares) merged.add(recorded(share));
      const whole = recorded(shares.flat());
      expect(merged.equals(whole)).toBe(true);
      expect([merged.total, merged.sumNs, merged.maxNs]).toEqual([whole.total, whole.sumNs, whole.maxNs]);
      expect(countsOf(merged)).toEqual(countsOf(whole));
    }),
    { numRuns: 40, seed: 3 },
  );
});

test('a sum shares nothing with what was added to it, and room made beforehand changes nothing', () => {
  fc.assert(
    fc.property(samples, samples, fc.integer({ min: 0, max: 3000 }), us, (first, later, buckets, highest) => {
      const part = recorded(first);
      const sum = new Histogram();
      sum.reserve(buckets, bucketOf(highest));
      sum.add(part);
      sum.reserve(buckets, bucketOf(highest));
      for (const value of later) sum.record(value * 1000);
      expect(part.equals(recorded(first))).toBe(true);
      expect(sum.equals(recorded([...first, ...later]))).toBe(true);
    }),
    { numRuns: 100, seed: 6 },
  );
});

test('counts beyond 32 bits are exact, however they come to be', () => {
  const most = 2 ** 32 - 1;
  const counted = (...counts: readonly number[]): Histogram => {
    const histogram = new Histogram();
    for (const [bucket, count] of counts.entries()) histogram.addBucket(bucket % 2, count);
    return histogram;
  };
  const atOnce = counted(2 ** 40, 3);
  expect([atOnce.at(0), atOnce.at(1), atOnce.total]).toEqual([2 ** 40, 3, 2 ** 40 + 3]);
  const inSteps = counted(most, 1, 1, most);
  expect([inSteps.at(0), inSteps.at(1)]).toEqual([most + 1, most + 1]);
  const sum = counted(most);
  sum.add(counted(most));
  expect(sum.at(0)).toBe(2 * most);
  sum.add(atOnce);
  expect([sum.at(0), sum.at(1)]).toEqual([2 * most + 2 ** 40, 3]);
  const copy = new Histogram();
  copy.add(atOnce);
  copy.addBucket(5000, most);
  expect([copy.at(0), copy.at(5000), copy.countFrom(1)]).toEqual([2 ** 40, most, most + 3]);
  const recorded = counted(most);
  recorded.record(0);
  expect(recorded.at(0)).toBe(most + 1);
});

test('a cleared histogram records as a new one does', () => {
  fc.assert(
    fc.property(samples, samples, (before, after) => {
      const used = recorded(before);
      used.clear();
      expect(used.total).toBe(0);
      for (const value of after) used.record(value * 1000);
      const fresh = recorded(after);
      expect(used.equals(fresh)).toBe(true);
      expect(used.quantileNs(0.5)).toBe(fresh.quantileNs(0.5));
    }),
    { numRuns: 100, seed: 4 },
  );
});

test('counting from a limit takes the whole bucket of the limit', () => {
  fc.assert(
    fc.property(samples, us, (values, limit) => {
      const from = lowestOf(bucketOf(limit));
      expect(recorded(values).countFromBucketOf(limit * 1000)).toBe(values.filter((value) => value >= from).length);
    }),
    { numRuns: 300, seed: 5 },
  );
});

test('nearest rank is the exact ceiling of p n for every p with four decimals', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 20_000_000 }), (tenThousandths, n) => {
      const exact = (BigInt(tenThousandths) * BigInt(n) + 9999n) / 10_000n;
      expect(nearestRank(tenThousandths / 10_000, n)).toBe(Number(exact));
    }),
    { numRuns: 5000, seed: 6 },
  );
  expect(nearestRank(0.95, 20)).toBe(19);
});

test('durations are recorded to the nearest microsecond inside [0, one hour]', () => {
  expect([-5, 0, 499, 500, 1499, 1500].map(toRecordedUs)).toEqual([0, 0, 0, 1, 1, 2]);
  expect(toRecordedUs(2 * MAX_US * 1000)).toBe(MAX_US);
  expect(new Histogram().quantileNs(0.5)).toBeNaN();
});
