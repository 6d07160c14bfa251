import type { LatencyMetric } from '../stats/tally.ts';
import type { Ns } from '../time/ns.ts';
import type { ObservedIndicator } from './observed-indicator.ts';

export type { LatencyMetric } from '../stats/tally.ts';

/** Labels by which parts of a k6 script are told apart; an absent one may be anything. */
export interface PartLabels {
  readonly scenario?: string;
  readonly group?: string;
  readonly name?: string;
  readonly metric?: string;
}

/** A measured quantity that an objective may bound. */
export type Indicator =
  | { readonly kind: 'latency'; readonly metric: LatencyMetric; readonly quantile: number }
  /** Of the parts of a k6 script whose labels are as said: `response{name:login}.p95`. */
  | { readonly kind: 'part'; readonly selector: PartLabels; readonly quantile: number }
  | { readonly kind: 'max' }
  | { readonly kind: 'throughput' }
  | { readonly kind: 'goodput' }
  | { readonly kind: 'samples' }
  | { readonly kind: 'errors' }
  | { readonly kind: 'recovery'; readonly toNs: Ns }
  | { readonly kind: 'held' }
  | { readonly kind: 'energy' }
  | ObservedIndicator;

export type Comparison = '<' | '<=' | '>' | '>=';

/**
 * A bound on an indicator (SLO; users also say SLA target).
 * `limit` is in the indicator's base unit: nanoseconds, per second, a share of 1, or the unit of what is observed.
 */
export interface Objective {
  /** Canonical text, as printed: `response.p95 < 100ms`. */
  readonly text: string;
  readonly indicator: Indicator;
  readonly comparison: Comparison;
  readonly limit: number;
  /** Judged on a sliding window of this length instead of the whole. */
  readonly overNs: Ns | null;
  readonly abort: boolean;
  /** One-sided confidence of the verdict; 0.99 unless written. */
  readonly confidence: number;
}
