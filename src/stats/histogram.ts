import { BUCKETS, bucketOf, highestOf, lowestOf, toRecordedUs } from './buckets.ts';

/** Buckets come in pages of 8; only pages in which a value was seen hold memory. */
const PAGE_BITS = 3;
const PAGE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE - 1;
const INITIAL_INDEX = 64;
const INITIAL_PAGES = 4;

/**
 * Counts per HDR bucket (see `buckets.ts`). Adding two histograms adds their counts: nothing is lost, in any order.
 *
 * Mutable on purpose: it stands on the path that folds records. {@link add}, {@link addBucket} and {@link record} are the
 * only writers. An hour of one-second slots keeps thousands of them, hence the pages: a histogram costs about as much
 * as it has distinct values, and counts are narrow until their sum needs more.
 */
export class Histogram {
  /** Requests recorded. */
  total = 0;
  /** Exact sum and largest of the recorded durations, nanoseconds (not of buckets). */
  sumNs = 0;
  maxNs = 0;
  /** Page number to place in the pool; place 0 means none and stays empty. */
  #index: Uint16Array = new Uint16Array(INITIAL_INDEX);
  #pool: Pool = NO_PAGES;
  /** The largest total of which every count surely fits the pool: no single count exceeds the total. */
  #most = MOST_OF_16_BITS;
  #pages = 1;
  #highest = -1;

  /** Counts one duration in nanoseconds. */
  record(durationNs: number): void {
    this.#count(bucketOf(toRecordedUs(durationNs)), 1);
    this.total++;
    this.sumNs += durationNs;
    if (durationNs > this.maxNs) this.maxNs = durationNs;
  }

  /** Adds `count` to a bucket without touching sum and max; for decoders, which set those themselves. */
  addBucket(bucket: number, count: number): void {
    this.#count(bucket, count);
    this.total += count;
  }

  /** Makes room at once for about `buckets` distinct ones, none above `highest`, where nothing was counted yet. */
  reserve(buckets: number, highest: number): void {
    if (this.#pages > 1) return;
    const indexed = Math.min(ALL_PAGES, (highest >> PAGE_BITS) + OCTAVE_PAGES);
    this.#index = new Uint16Array(Math.max(INITIAL_INDEX, indexed));
    this.#pool = new Uint16Array(Math.max(INITIAL_PAGES, 1 + Math.ceil(2 * buckets)) * PAGE);
    this.#most = MOST_OF_16_BITS;
  }

  /** Adds another histogram's counts to this one. */
  add(other: Histogram): void {
    if (this.#pages === 1) {
      this.#copy(other);
      return;
    }
    this.#makeRoomFor(this.total + other.total);
    const pages = (other.#highest >> PAGE_BITS) + 1;
    for (let page = 0; page < pages; page++) {
      const from = (other.#index[page] as number) << PAGE_BITS;
      if (from === 0) continue;
      const into = this.#placeOf(page);
      for (let i = 0; i < PAGE; i++) {
        this.#pool[into + i] = (this.#pool[into + i] as number) + (other.#pool[from + i] as number);
      }
    }
    if (other.#highest > this.#highest) this.#highest = other.#highest;
    this.total += other.total;
    this.sumNs += other.sumNs;
    if (other.maxNs > this.maxNs) this.maxNs = other.maxNs;
  }

  /** Forgets everything but keeps its memory. */
  clear(): void {
    this.#pool.fill(0, 0, this.#pages << PAGE_BITS);
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
    const page = this.#index[bucket >> PAGE_BITS] ?? 0;
    return page === 0 ? 0 : (this.#pool[(page << PAGE_BITS) + (bucket & PAGE_MASK)] as number);
  }

  /** Bucket that holds the value of 1-based `rank` among the recorded, ascending; -1 when `rank` exceeds the total. */
  bucketOfRank(rank: number): number {
    return this.bucketsOfRanks([rank])[0] as number;
  }

  /** {@link bucketOfRank} of ascending ranks, in one walk. */
  bucketsOfRanks(ranks: readonly number[]): number[] {
    const buckets: number[] = [];
    const last = this.#highest >> PAGE_BITS;
    let seen = 0;
    for (let page = 0; page <= last && buckets.length < ranks.length; page++) {
      const from = (this.#index[page] as number) << PAGE_BITS;
      if (from === 0) continue;
      for (let i = 0; i < PAGE; i++) {
        seen += this.#pool[from + i] as number;
        while (seen >= (ranks[buckets.length] as number)) buckets.push((page << PAGE_BITS) + i);
      }
    }
    while (buckets.length < ranks.length) buckets.push(-1);
    return buckets;
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
    for (let i = bucket; i <= this.#highest; i++) count += this.at(i);
    return count;
  }

  /** Deep equality of counts, for tests and checks. */
  equals(other: Histogram): boolean {
    if (this.total !== other.total || this.#highest !== other.#highest) return false;
    for (let i = 0; i <= this.#highest; i++) if (this.at(i) !== other.at(i)) return false;
    return true;
  }

  /** What {@link add} comes to where nothing was ever counted. */
  #copy(other: Histogram): void {
    this.#index = other.#index.slice();
    this.#pool = other.#pool.slice(0, other.#pages << PAGE_BITS);
    this.#most = other.#most;
    this.#pages = other.#pages;
    this.#highest = other.#highest;
    this.total = other.total;
    this.sumNs = other.sumNs;
    this.maxNs = other.maxNs;
  }

  #count(bucket: number, count: number): void {
    this.#makeRoomFor(this.total + count);
    const at = this.#placeOf(bucket >> PAGE_BITS) + (bucket & PAGE_MASK);
    this.#pool[at] = (this.#pool[at] as number) + count;
    if (bucket > this.#highest) this.#highest = bucket;
  }

  /** Counts of 16 bits do until a total needs 32, and those until it needs more. */
  #makeRoomFor(total: number): void {
    if (total <= this.#most) return;
    const wide = total > MOST_OF_32_BITS;
    this.#pool = wide ? Float64Array.from(this.#pool) : Uint32Array.from(this.#pool);
    this.#most = wide ? Number.POSITIVE_INFINITY : MOST_OF_32_BITS;
  }

  /** Where a page's counts begin in the pool; makes room when the page is new. */
  #placeOf(page: number): number {
    const place = page < this.#index.length ? (this.#index[page] as number) : 0;
    return (place === 0 ? this.#addPage(page) : place) << PAGE_BITS;
  }

  #addPage(page: number): number {
    if (page >= this.#index.length) {
      const grown = new Uint16Array(Math.min(ALL_PAGES, Math.max(page + 1, this.#index.length * 2)));
      grown.set(this.#index);
      this.#index = grown;
    }
    const place = this.#pages++;
    if (this.#pages << PAGE_BITS > this.#pool.length) {
      const length = Math.max(INITIAL_PAGES * PAGE, this.#pool.length * 2);
      const grown = emptyLike(this.#pool, length);
      grown.set(this.#pool);
      this.#pool = grown;
    }
    this.#index[page] = place;
    return place;
  }
}

const ALL_PAGES = (BUCKETS >> PAGE_BITS) + 1;
/** Shared by all histograms that never counted anything; never written to. */
const NO_PAGES = new Uint16Array(0);
const MOST_OF_16_BITS = 2 ** 16 - 1;
const MOST_OF_32_BITS = 2 ** 32 - 1;
type Pool = Uint16Array | Uint32Array | Float64Array;

function emptyLike(pool: Pool, length: number): Pool {
  if (pool instanceof Uint16Array) return new Uint16Array(length);
  return pool instanceof Uint32Array ? new Uint32Array(length) : new Float64Array(length);
}

/** Values double over so many pages. */
const OCTAVE_PAGES = 1024 >> PAGE_BITS;

/** ceil(p n), safe against p n being a hair above a whole number (0.95 * 20 = 19 + 4e-16 ranks 19, not 20). */
export const nearestRank = (p: number, n: number): number => Math.ceil(p * n - 1e-9 * Math.max(1, n * 1e-3));
