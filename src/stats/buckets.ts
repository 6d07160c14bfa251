/**
 * HDR histogram's index arithmetic for 3 significant digits, unit 1 µs, up to one hour.
 *
 * Values below 2048 µs have a bucket each; above, every doubling has 1024 buckets, so a bucket is never wider than
 * 1/1024 of its values. Source: Gil Tene, HdrHistogram; a property test holds this equal to hdr-histogram-js.
 */

/** The largest value that can be recorded: one hour in microseconds. Larger ones count here. */
export const MAX_US = 3_600_000_000;

const HALF_COUNT = 1024;
const UNIT_MASK = 2047;

/** Bucket of a whole number of microseconds in [0, MAX_US]. */
export const bucketOf = (us: number): number => {
  const shift = 21 - Math.clz32(us | UNIT_MASK);
  return shift * HALF_COUNT + (us >>> shift);
};

/** Smallest value of a bucket, microseconds. */
export const lowestOf = (bucket: number): number => {
  if (bucket < 2 * HALF_COUNT) return bucket;
  const shift = (bucket >>> 10) - 1;
  return (bucket - shift * HALF_COUNT) * 2 ** shift;
};

/** Largest value of a bucket, microseconds: what HDR calls the highest equivalent value. */
export const highestOf = (bucket: number): number => {
  const shift = bucket < 2 * HALF_COUNT ? 0 : (bucket >>> 10) - 1;
  return lowestOf(bucket) + 2 ** shift - 1;
};

/** Number of buckets. */
export const BUCKETS = bucketOf(MAX_US) + 1;

/** Nanoseconds to the nearest recordable microsecond; negative reads as 0. */
export const toRecordedUs = (durationNs: number): number => {
  if (durationNs <= 0) return 0;
  const us = Math.round(durationNs / 1000);
  return Math.min(us, MAX_US);
};
