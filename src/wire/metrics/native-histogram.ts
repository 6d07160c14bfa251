import { highestOf } from '../../stats/buckets.ts';
import type { Histogram } from '../../stats/histogram.ts';

/**
 * The resolution of native histograms: 2^5 buckets to a doubling, each bound 2^(1/32), 2.2 %, above the one before. They
 * are those of Prometheus' exponential schemas, so that any two histograms may be added there.
 */
export const NATIVE_SCHEMA = 5;
const PER_DOUBLING = 2 ** NATIVE_SCHEMA;
/** Durations are recorded in whole microseconds: up to here one counts as 0, s. */
export const ZERO_THRESHOLD = 5e-7;

const US_PER_S = 1e6;

/** A run of occupied buckets; `offset`: buckets left out since the run before, or the index at which the first begins. */
export interface NativeSpan {
  readonly offset: number;
  readonly length: number;
}

/** Index i holds what lies in (2^((i-1)/32), 2^(i/32)] seconds. */
export interface NativeBuckets {
  readonly zeroCount: number;
  readonly spans: readonly NativeSpan[];
  /** The count of each bucket of the spans, less that of the one before. */
  readonly deltas: readonly number[];
}

/**
 * The counts of a histogram in Prometheus' coarser buckets: none is lost or split. A bucket that crosses one of their
 * bounds goes where its largest value belongs, which is what our percentiles tell of it.
 */
export function nativeBuckets(histogram: Histogram): NativeBuckets {
  const counts = countsByIndex(histogram);
  const spans: { offset: number; length: number }[] = [];
  let end: number | null = null;
  for (const index of counts.keys()) {
    const last = spans.at(-1);
    if (last !== undefined && end === index) last.length++;
    else spans.push({ offset: index - (end ?? 0), length: 1 });
    end = index + 1;
  }
  const all = [...counts.values()];
  return { zeroCount: histogram.at(0), spans, deltas: all.map((count, at) => count - (all[at - 1] ?? 0)) };
}

/** Occupied buckets only, ascending. */
function countsByIndex(histogram: Histogram): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let bucket = 1; bucket <= histogram.highestBucket; bucket++) {
    const count = histogram.at(bucket);
    if (count === 0) continue;
    const index = Math.ceil(Math.log2(highestOf(bucket) / US_PER_S) * PER_DOUBLING);
    counts.set(index, (counts.get(index) ?? 0) + count);
  }
  return counts;
}
