import type { Acknowledgement, GatePolicy } from '../../campaign/gate-policy.ts';
import { kindOf, signPValue } from '../../stats/comparison/broken-pairs.ts';
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
  /** Pairs in which both trials tell the figure and one of them at least has it finite. */
  readonly pairs: number;
  /** Pairs of them in which only the baseline has it: too many of the candidate's requests failed. */
  readonly broken: number;
  /** Geometric means in the metric's unit, of the pairs with two finite figures; null without such a pair. */
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
  readonly pairs: number;
  readonly broken: number;
  /** Of the pairs with two finite figures. */
  readonly log: Moments;
  readonly baseline: number | null;
  readonly candidate: number | null;
  readonly pValue: number;
}

/**
 * The pairs of one metric on logarithms, turned so that more is worse. Where a side has no finite figure in some pair, no
 * mean can be taken over all of them and none may be left out: then pairs that are worse by the threshold and above the
 * floor are counted, and the sign test gives the p-value. Whether it does is the same when the sides change places.
 */
export function measured(metric: GatedMetric, pairs: readonly Pair[]): Measured {
  const kinds = pairs.map(kindOf);
  const finite = pairs.filter((_, index) => kinds[index] === 'both');
  const told = pairs.filter((_, index) => kinds[index] !== 'neither');
  const log = logRatios(finite.map((pair) => turned(metric, pair)));
  const level = (side: keyof Pair): number | null =>
    finite.length === 0 ? null : Math.exp(finite.reduce((sum, pair) => sum + Math.log(pair[side]), 0) / finite.length);
  return {
    metric,
    pairs: told.length,
    broken: kinds.filter((kind) => kind === 'baseline-only').length,
    log,
    baseline: level('baseline'),
    candidate: level('candidate'),
    pValue:
      finite.length === told.length
        ? increasePValue(log)
        : signPValue(told.filter((pair) => isWorse(metric, pair)).length, told.length),
  };
}

const turned = ({ better }: GatedMetric, { baseline, candidate }: Pair): Pair =>
  better === 'lower' ? { baseline, candidate } : { baseline: candidate, candidate: baseline };

function isWorse(metric: GatedMetric, pair: Pair): boolean {
  const { baseline, candidate } = turned(metric, pair);
  return candidate >= baseline * (1 + metric.threshold) && Math.abs(pair.candidate - pair.baseline) > metric.floor;
}

/**
 * Decides one metric. Fail: adjusted p below alpha/looks, the change at least the threshold, and its absolute size above
 * the floor (of pairs with a broken side, p says that itself). Pass: the upper bound at 1 - beta/looks below the threshold,
 * and no pair broken. Everything else is undecided, and what is acknowledged decides nothing but a pass.
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
  const isLarge =
    of.pairs > log.count ||
    (worse !== null && worse >= metric.threshold && Math.abs((candidate ?? 0) - (baseline ?? 0)) > metric.floor);
  const fails = adjusted < policy.alpha / looks && isLarge;
  const passes = passBound < metric.threshold && of.broken === 0;
  const ack = acks.find((one) => one.metric === metric.metric && (one.cell ?? metric.cell) === metric.cell);
  return {
    metric,
    pairs: of.pairs,
    broken: of.broken,
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
    finding: passes ? 'pass' : ack !== undefined ? 'acknowledged' : fails ? 'fail' : 'undecided',
    acknowledged: ack?.reason ?? null,
  };
}

/** A detectable effect above so many thresholds: the policy is finer than what is measured. */
export const COARSEST = 2;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
