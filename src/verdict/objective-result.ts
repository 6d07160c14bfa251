import type { ObservedUnit } from '../campaign/observed-indicator.ts';
import type { BetweenTrials } from '../stats/between-trials.ts';
import type { Estimate } from '../stats/estimate.ts';
import type { Reason, VerdictKind } from './verdict.ts';

/** A window that breached, on the trial's time line. */
export interface WindowResult {
  /** `hang`: nothing was answered in its last two seconds. */
  readonly kind: 'share' | 'hang';
  readonly startMs: number;
  readonly endMs: number;
  /** Requests over the limit, of those settled or older than it. */
  readonly over: number;
  readonly of: number;
  /** Lower bound on that share, and its confidence; null of a hang. */
  readonly low: number | null;
  readonly confidence: number | null;
}

export interface ObjectiveResult {
  readonly objective: string;
  readonly indicator: string;
  /** In `unit`. */
  readonly limit: number;
  readonly unit: 'ms' | '/s' | 'ratio' | 's' | 'count' | ObservedUnit;
  readonly observed: Estimate;
  readonly over: { readonly count: number; readonly of: number } | null;
  /** Of a cell with five valid trials or more: where its percentile lies from trial to trial, in `unit`. */
  readonly betweenTrials?: BetweenTrials;
  readonly verdict: VerdictKind;
  /** Inconclusive: what it would take. */
  readonly needs: { readonly requests: number; readonly seconds: number } | null;
  /** Where the objective was judged, when not on all measure phases: the gravest level's name. */
  readonly phase: string | null;
  /** Of an objective over a window, the first that breached; null: none did, or it is judged on the whole. */
  readonly window: WindowResult | null;
  /** Pass: events rarer than this cannot be seen by this run, in seconds between events; null otherwise. */
  readonly blindToRarerThanS: number | null;
  readonly reason: Reason | null;
}
