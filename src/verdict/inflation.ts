import { bucketOf, toRecordedUs } from '../stats/buckets.ts';
import { dispersionOf } from '../stats/effective.ts';
import { nearestRank } from '../stats/histogram.ts';
import { countAbove, type Population, sizeOf } from '../stats/population.ts';

/** Exact counts of each block against the limit. */
export interface BlockCounts {
  readonly over: readonly number[];
  readonly of: readonly number[];
}

const QUANTILES = [0.5, 0.75, 0.9, 0.95];
/** Noise below this part of the limit does not decide. */
const NEAR_THE_LIMIT = 4;

/**
 * Inflation for a verdict on `P_p < limit`: the largest over the limit itself and the thresholds max(Q_x, limit / 4), x in
 * {0.50, 0.75, 0.90, 0.95, p}. Few requests over the limit give a small share and a small estimate of its inflation: the
 * thresholds below it see the same bursts with more requests.
 */
export function inflationOfLatency(
  whole: Population,
  blocks: readonly Population[],
  atLimit: BlockCounts,
  limitNs: number,
  p: number,
): number {
  const sizes = blocks.map(sizeOf);
  const inflations = thresholds(whole, limitNs, p).map(
    (bucket) =>
      dispersionOf(
        blocks.map((block) => countAbove(block, bucket)),
        sizes,
      ).inflation,
  );
  return Math.max(dispersionOf(atLimit.over, atLimit.of).inflation, ...inflations);
}

/** Distinct buckets above which requests count as over. */
function thresholds(whole: Population, limitNs: number, p: number): readonly number[] {
  const lowest = bucketOf(toRecordedUs(limitNs / NEAR_THE_LIMIT)) - 1;
  const n = sizeOf(whole);
  const quantiles = [...QUANTILES, p].map((x) => whole.finite.bucketOfRank(Math.max(1, nearestRank(x, n))));
  const finite = quantiles.filter((bucket) => bucket >= 0);
  return [...new Set(finite.map((bucket) => Math.max(bucket, lowest)))];
}
