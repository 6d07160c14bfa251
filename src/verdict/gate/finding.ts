import type { Acknowledgement, GatePolicy } from '../../campaign/gate-policy.ts';
import { minimumDetectableEffect } from '../../stats/comparison/detectable-effect.ts';
import type { Moments } from '../../stats/comparison/moments.ts';
import {
  increasePValue,
  logRatios,
  meanBounds,
  type Pair,
  shareOf,
  upperMeanBound,
} from '../../stats/comparison/paired-shift.ts';
import type { GatedMetric } from './gated-metric.ts';

/** What the pairs say of one metric. Shares of 1; `worse` is positive when the candidate is worse, whatever the metric. */
export interface MetricFinding {
  readonly metric: GatedMetric;
  /** Pairs in which both have the figure. */
  readonly pairs: number;
  /** Geometric means in the metric's unit; null without a pair. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly worse: number | null;
  /** Two-sided 95 % bounds on it; null: open. */
  readonly low: number | null;
  readonly high: number | null;
  /** Upper bound that a pass needs below the threshold; null: open. */
  readonly passBound: number | null;
  /** Standard deviation of the pairs' logarithms; null below two pairs. */
  readonly deviation: number | null;
  readonly pValue: number;
  /** After Holm, over the metrics. */
  readonly adjusted: number;
  /** Smallest change that so many pairs catch nine times in ten; null: none. */
  readonly detectable: number | null;
  readonly finding: 'pass' | 'fail' | 'undecided' | 'acknowledged';
  /** The acknowledgement that holds; null: none. */
  readonly acknowledged: string | null;
}

const SHOWN_CONFIDENCE = 0.95;

/** What was measured of a metric, before what the other metrics say is known. */
export interface Measured {
  readonly metric: GatedMetric;
  readonly log: Moments;
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly pValue: number;
}

/** The pairs of one metric on logarithms, turned so that more is worse. */
export function measured(metric: GatedMetric, pairs: readonly Pair[]): Measured {
  const turned = pairs.map(({ baseline, candidate }) =>
    metric.better === 'lower' ? { baseline, candidate } : { baseline: candidate, candidate: baseline },
  );
  const log = logRatios(turned);
  const level = (side: keyof Pair): number | null =>
    pairs.length === 0 ? null : Math.exp(pairs.reduce((sum, pair) => sum + Math.log(pair[side]), 0) / pairs.length);
  return { metric, log, baseline: level('baseline'), candidate: level('candidate'), pValue: increasePValue(log) };
}

/**
 * Decides one metric. Fail: adjusted p below alpha/looks, the change at least the threshold, and its absolute size above
 * the floor. Pass: the upper bound at 1 - beta/looks below the threshold. Everything else is undecided.
 */
export function findingOf(
  of: Measured,
  adjusted: number,
  policy: Pick<GatePolicy, 'alpha' | 'beta'>,
  {
    looks,
    metrics,
    acks,
  }: { readonly looks: number; readonly metrics: number; readonly acks: readonly Acknowledgement[] },
): MetricFinding {
  const { metric, log, baseline, candidate } = of;
  const worse = log.count === 0 ? null : shareOf(log.mean);
  const { low, high } = meanBounds(log, SHOWN_CONFIDENCE);
  const passBound = shareOf(upperMeanBound(log, 1 - policy.beta / looks));
  const detectable = minimumDetectableEffect(log, { alpha: policy.alpha, looks, metrics });
  const fails =
    adjusted < policy.alpha / looks &&
    worse !== null &&
    worse >= metric.threshold &&
    Math.abs((candidate ?? 0) - (baseline ?? 0)) > metric.floor;
  const passes = passBound < metric.threshold;
  const ack = acks.find((one) => one.metric === metric.metric && (one.cell ?? metric.cell) === metric.cell);
  const failing = ack === undefined ? 'fail' : 'acknowledged';
  return {
    metric,
    pairs: log.count,
    baseline,
    candidate,
    worse,
    low: finite(shareOf(low)),
    high: finite(shareOf(high)),
    passBound: finite(passBound),
    deviation: log.count < 2 ? null : log.deviation,
    pValue: of.pValue,
    adjusted,
    detectable: finite(detectable),
    finding: fails ? failing : passes ? 'pass' : 'undecided',
    acknowledged: ack?.reason ?? null,
  };
}

/** A detectable effect above so many thresholds: the policy is finer than what is measured. */
export const COARSEST = 2;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
