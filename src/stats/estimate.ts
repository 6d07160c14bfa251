/** A figure with its confidence bounds, or the reason why there is none. Field names are those of `benchmarks.json`. */
export type Estimate =
  | {
      readonly value: number;
      /** Null: open on that side. */
      readonly low: number | null;
      readonly high: number | null;
      readonly confidence: number;
      readonly method: 'woodruff-batch-means' | 'order-statistics' | 'batch-means' | 'korn-graubard' | 'fieller';
      /** More requests needed to close the bound, where one is open. */
      readonly needs?: number;
    }
  /** A fact of the run, not an estimate of anything behind it. */
  | { readonly value: number; readonly low: null; readonly high: null; readonly method: 'observed' }
  | {
      readonly value: null;
      /** `not-found`: of a search for a peak. `not-recorded`, `no-schedule`: whoever sent the requests tells no such figure. */
      readonly reason: 'too-few-samples' | 'censored' | 'not-found' | 'not-recorded' | 'no-schedule';
      /** Requests needed in all. */
      readonly needs?: number;
      /** `censored`: the largest finite value. `not-found`: a lower bound of what was sought, where there is one. */
      readonly low?: number;
    };

/** A fact of the run. */
export const observed = (value: number): Estimate => ({ value, low: null, high: null, method: 'observed' });

/** The same estimate in another unit: value and bounds times `factor` > 0. */
export function scaled(estimate: Estimate, factor: number): Estimate {
  if (estimate.value === null) {
    return estimate.low === undefined ? estimate : { ...estimate, low: estimate.low * factor };
  }
  if (estimate.method === 'observed') return observed(estimate.value * factor);
  const times = (bound: number | null) => (bound === null ? null : bound * factor);
  return { ...estimate, value: estimate.value * factor, low: times(estimate.low), high: times(estimate.high) };
}
