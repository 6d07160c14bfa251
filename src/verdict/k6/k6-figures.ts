import type { ScriptPart } from './part.ts';

/** What a trial by k6 says of itself, beside what every trial says. */
export interface K6Result {
  /** What its latency is. */
  readonly latency: 'service time, uniform arrivals' | 'service time, no schedule' | 'service time, own scenarios';
  /** How samples came: folded inside k6, or as CSV of a stock k6, which costs it more. */
  readonly samples: 'folded' | 'csv';
  readonly vus: number;
  readonly vusMax: number;
  /** Iterations for which no virtual user was free: shed. */
  readonly dropped: number;
  readonly markedFailed: boolean;
  readonly thresholds: readonly ThresholdResult[];
}

/** One part of a script, merged over the fleet: plain quantiles. Milliseconds where `unit` is ms, else as the script counts. */
export interface PartResult extends ScriptPart {
  readonly unit: 'ms' | null;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Of a rate: its share of values that are true. */
  readonly rate: number | null;
  /** Of a trend, and of what is unknown; null also where values lie below 0 or above 3,600,000, where none are told apart. */
  readonly quantiles: Readonly<Record<'p50' | 'p90' | 'p95' | 'p99' | 'p99.9', number>> | null;
}

/** A threshold of the script, judged once over the merged samples of the whole fleet. */
export interface ThresholdResult {
  readonly metric: string;
  /** As the script writes it: `p(95)<500`. */
  readonly threshold: string;
  /** In the metric's own unit; null: nothing of it was measured, or this form is not known. */
  readonly observed: number | null;
  readonly verdict: 'kept' | 'crossed' | 'not-judged';
}
