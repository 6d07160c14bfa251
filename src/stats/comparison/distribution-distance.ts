import { highestOf, lowestOf } from '../buckets.ts';
import { type Population, sizeOf } from '../population.ts';

/** How far two distributions lie apart, and where. */
export interface DistributionDistance {
  /** Largest difference between the two shares at or below one duration (Kolmogorov and Smirnov), a share of 1. */
  readonly largestGap: number;
  /** That duration, nanoseconds; null where the populations differ nowhere. */
  readonly atNs: number | null;
  /** Share of either population at or below it. */
  readonly shares: { readonly baseline: number; readonly candidate: number };
  /**
   * Area between the two distribution functions over finite durations, nanoseconds: how far the requests would have to be
   * moved on average (Wasserstein, order 1). Requests without end count up to the longest finite duration of either.
   */
  readonly meanMoveNs: number;
}

/**
 * Walks two populations bucket by bucket. A distance and no test: requests of a queue depend on each other, so p-values
 * for independent values would raise false alarms. Null where one of them is empty.
 *
 * Source: Smirnov (1948); Ramdas, Garcia Trillos and Cuturi, "On Wasserstein two-sample testing", Entropy 19 (2017).
 */
export function distributionDistance(baseline: Population, candidate: Population): DistributionDistance | null {
  const [sizeA, sizeB] = [sizeOf(baseline), sizeOf(candidate)];
  if (sizeA === 0 || sizeB === 0) return null;
  const last = Math.max(baseline.finite.highestBucket, candidate.finite.highestBucket);
  let [a, b, area, previousNs] = [0, 0, 0, 0];
  let widest = { gap: 0, bucket: -1, a: 0, b: 0 };
  for (let bucket = 0; bucket <= last; bucket++) {
    const [inA, inB] = [baseline.finite.at(bucket), candidate.finite.at(bucket)];
    if (inA === 0 && inB === 0) continue;
    const atNs = middleNs(bucket);
    area += Math.abs(a / sizeA - b / sizeB) * (atNs - previousNs);
    previousNs = atNs;
    a += inA;
    b += inB;
    const gap = Math.abs(a / sizeA - b / sizeB);
    if (gap > widest.gap) widest = { gap, bucket, a: a / sizeA, b: b / sizeB };
  }
  return {
    largestGap: widest.gap,
    atNs: widest.bucket < 0 ? null : highestOf(widest.bucket) * 1000,
    shares: { baseline: widest.a, candidate: widest.b },
    meanMoveNs: area,
  };
}

const middleNs = (bucket: number): number => ((lowestOf(bucket) + highestOf(bucket)) / 2) * 1000;
