import { binomialCdf } from './binomial.ts';
import { BLOCKS } from './blocks.ts';
import { dispersionOf } from './effective.ts';
import { type Estimate, observed } from './estimate.ts';
import { nearestRank } from './histogram.ts';
import { countAbove, durationOfRank, type Population, sizeOf } from './population.ts';
import { studentTQuantile } from './student-t.ts';

/** Two-sided confidence of the bounds on a percentile. */
export const PERCENTILE_CONFIDENCE = 0.95;

const TAIL = (1 - PERCENTILE_CONFIDENCE) / 2;
/** Below this inflation requests count as independent. */
const INDEPENDENT_BELOW = 1.2;

/** The fewest requests that bound the quantile `p` from above: smallest n with p^n <= 0.025 (P95 72, P99 368, P99.9 3688). */
export const floorOf = (p: number): number => Math.max(1, Math.ceil(Math.log(TAIL) / Math.log(p)));

/**
 * Nearest-rank quantile `p` of a population in nanoseconds, with bounds where the population comes in blocks.
 *
 * Woodruff's bounds (JASA 47, 1952) by the scatter of the blocks; exact order-statistic bounds where requests are as
 * good as independent; without blocks a fact. Null below the floor, and where the rank lies among those at infinity.
 */
export function percentile(whole: Population, blocks: readonly Population[] | null, p: number): Estimate {
  const n = sizeOf(whole);
  if (n < floorOf(p)) return { value: null, reason: 'too-few-samples', needs: floorOf(p) };
  const rank = nearestRank(p, n);
  const value = plainQuantileNs(whole, p);
  if (value === null) return { value: null, reason: 'censored', low: whole.finite.maxNs };
  if (blocks === null) return observed(value);
  const bucket = whole.finite.bucketOfRank(Math.max(1, rank));
  const dispersion = dispersionOf(
    blocks.map((block) => countAbove(block, bucket)),
    blocks.map(sizeOf),
  );
  if (dispersion.inflation < INDEPENDENT_BELOW) return byOrderStatistics(whole, n, p, value);
  return byBatchMeans(whole, n, p, value, dispersion.standardError);
}

/** Nearest-rank quantile of any non-empty population, nanoseconds; null when it is empty or the rank lies at infinity. */
export const plainQuantileNs = (whole: Population, p: number): number | null =>
  sizeOf(whole) === 0 ? null : durationOfRank(whole, nearestRank(p, sizeOf(whole)));

function byOrderStatistics(whole: Population, n: number, p: number, value: number): Estimate {
  const [low, high] = boundingRanks(n, p);
  return {
    value,
    low: low === null ? null : durationOfRank(whole, low),
    high: high === null ? null : durationOfRank(whole, high),
    confidence: PERCENTILE_CONFIDENCE,
    method: 'order-statistics',
  };
}

/**
 * Ranks of the order statistics that hold the quantile `p` of n independent requests with 0.025 left on either side: the
 * largest l with P(X < l) <= 0.025 and the smallest u with P(X < u) >= 0.975, X ~ Binomial(n, p). Null: none.
 */
export function boundingRanks(n: number, p: number): readonly [low: number | null, high: number | null] {
  const low = firstRank(n, (rank) => binomialCdf(rank - 1, n, p) > TAIL) - 1;
  const high = firstRank(n, (rank) => binomialCdf(rank - 1, n, p) >= 1 - TAIL);
  return [low < 1 ? null : low, high > n ? null : high];
}

/** Smallest rank in 1..n+1 from which on `holds`, n + 1 when it holds for none of 1..n. */
function firstRank(n: number, holds: (rank: number) => boolean): number {
  let below = 0;
  let at = n + 1;
  while (at - below > 1) {
    const middle = Math.floor((below + at) / 2);
    if (holds(middle)) at = middle;
    else below = middle;
  }
  return at;
}

function byBatchMeans(whole: Population, n: number, p: number, value: number, standardError: number): Estimate {
  const reach = studentTQuantile(1 - TAIL, BLOCKS - 1) * standardError;
  const bounds = {
    value,
    low: p - reach <= 0 ? null : durationOfRank(whole, nearestRank(p - reach, n)),
    high: p + reach > 1 ? null : durationOfRank(whole, nearestRank(p + reach, n)),
    confidence: PERCENTILE_CONFIDENCE,
    method: 'woodruff-batch-means',
  } as const;
  if (p + reach <= 1) return bounds;
  return { ...bounds, needs: Math.ceil(n * ((reach / (1 - p)) ** 2 - 1)) };
}
