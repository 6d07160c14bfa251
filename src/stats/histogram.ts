import { BUCKETS, bucketOf, highestOf, lowestOf, toRecordedUs } from './buckets.ts';

const INITIAL_BUCKETS = 4096;

/**
 * Counts per HDR bucket (see `buckets.ts`), grown as far as values were seen. Adding two histograms adds their counts:
 * nothing is lost, in any order.
 *
 * Mutable on purpose: it stands on the path that folds records. {@link add} and {@link record} are the only writers.
 */
export class Histogram {
  /** Requests recorded. */
  total = 0;
  /** Exact sum and largest of the recorded durations, nanoseconds (not of buckets). */
  sumNs = 0;
  maxNs = 0;
  #counts: Float64Array = new Float64Array(INITIAL_BUCKETS);
  #highest = -1;

  /** Counts one duration in nanoseconds. */
  record(durationNs: number): void {
    const bucket = bucketOf(toRecordedUs(durationNs));
    if (bucket >= this.#counts.length) this.#grow(bucket);
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    if (bucket > this.#highest) this.#highest = bucket;
    this.total++;
    this.sumNs += durationNs;
    if (durationNs > this.maxNs) this.maxNs = durationNs;
  }

  /** Adds `count` to a bucket without touching sum and max; for decoders, which set those themselves. */
  addBucket(bucket: number, count: number): void {
    if (bucket >= this.#counts.length) this.#grow(bucket);
    this.#counts[bucket] = (this.#counts[bucket] as number) + count;
    if (bucket > this.#highest) this.#highest = bucket;
    this.total += count;
  }

  /** Adds another histogram's counts to this one. */
  add(other: Histogram): void {
    if (other.#highest >= this.#counts.length) this.#grow(other.#highest);
    const into = this.#counts;
    const from = other.#counts;
    for (let i = 0; i <= other.#highest; i++) into[i] = (into[i] as number) + (from[i] as number);
    if (other.#highest > this.#highest) this.#highest = other.#highest;
    this.total += other.total;
    this.sumNs += other.sumNs;
    if (other.maxNs > this.maxNs) this.maxNs = other.maxNs;
  }

  /** Forgets everything but keeps its memory. */
  clear(): void {
    this.#counts.fill(0, 0, this.#highest + 1);
    this.#highest = -1;
    this.total = 0;
    this.sumNs = 0;
    this.maxNs = 0;
  }

  /** Highest occupied bucket, -1 when empty. */
  get highestBucket(): number {
    return this.#highest;
  }

  /** Count of one bucket. */
  at(bucket: number): number {
    return this.#counts[bucket] ?? 0;
  }

  /** Bucket that holds the value of 1-based `rank` among the recorded, ascending; -1 when `rank` exceeds the total. */
  bucketOfRank(rank: number): number {
    let seen = 0;
    for (let i = 0; i <= this.#highest; i++) {
      seen += this.#counts[i] as number;
      if (seen >= rank) return i;
    }
    return -1;
  }

  /** Nearest-rank quantile of the recorded in nanoseconds (highest equivalent value, never above the exact maximum); NaN when empty. */
  quantileNs(p: number): number {
    const bucket = this.bucketOfRank(Math.max(1, nearestRank(p, this.total)));
    return bucket < 0 ? Number.NaN : Math.min(highestOf(bucket) * 1000, Math.max(this.maxNs, lowestOf(bucket) * 1000));
  }

  /** Requests in buckets that lie wholly or partly above `limitNs` - the bucket of the limit counts as over. */
  countFromBucketOf(limitNs: number): number {
    return this.countFrom(bucketOf(toRecordedUs(limitNs)));
  }

  /** Requests in `bucket` and above. */
  countFrom(bucket: number): number {
    let count = 0;
    for (let i = bucket; i <= this.#highest; i++) count += this.#counts[i] as number;
    return count;
  }

  /** Deep equality of counts, for tests and checks. */
  equals(other: Histogram): boolean {
    if (this.total !== other.total || this.#highest !== other.#highest) return false;
    for (let i = 0; i <= this.#highest; i++) if (this.#counts[i] !== other.#counts[i]) return false;
    return true;
  }

  #grow(bucket: number): void {
    const grown = new Float64Array(Math.min(BUCKETS, Math.max(bucket + 1, this.#counts.length * 2)));
    grown.set(this.#counts);
    this.#counts = grown;
  }
}

/** ceil(p n), safe against p n being a hair above a whole number (0.95 * 20 = 19 + 4e-16 ranks 19, not 20). */
export const nearestRank = (p: number, n: number): number => Math.ceil(p * n - 1e-9 * Math.max(1, n * 1e-3));
