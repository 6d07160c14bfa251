import { betweenBounds } from '../../stats/comparison/between-bounds.ts';
import { type DistributionDistance, distributionDistance } from '../../stats/comparison/distribution-distance.ts';
import { type Bounded, type Shift, trialShift, withinTrialShift } from '../../stats/comparison/trial-shift.ts';
import type { Estimate } from '../../stats/estimate.ts';
import type { Population } from '../../stats/population.ts';
import { STREAM_METRICS } from '../../stats/stream-tally.ts';
import { errorShare, LATENCY_FIGURES } from '../request-figures.ts';
import type { TrialResult } from '../trial-result.ts';

/** What is compared of a cell: its valid trials, and all their requests together. */
export interface ComparedSide {
  readonly trials: readonly TrialResult[];
  /** Response times of all their measure phases, those not ok at infinity. */
  readonly response: Population;
}

/** One figure on both sides. */
export interface FigureShift {
  /** `response.p95`, `firstEvent.p95`, `throughput`, `errors`. */
  readonly metric: string;
  readonly unit: 'ms' | '/s' | 'ratio';
  /** Geometric mean over the trials; null where a trial has no figure. */
  readonly baseline: number | null;
  readonly candidate: number | null;
  /** Null where a side has no figure above zero. */
  readonly shift: Shift | null;
}

export interface CellComparison {
  readonly id: string;
  readonly trials: { readonly baseline: number; readonly candidate: number };
  readonly figures: readonly FigureShift[];
  /** Null where a side has no request. */
  readonly distribution: DistributionDistance | null;
}

const LATENCIES = ['response', 'service', 'wait', ...STREAM_METRICS] as const;

/** Compares two sides of a cell, figure by figure; of events only where some answer streamed them. */
export function compareCell(id: string, baseline: ComparedSide, candidate: ComparedSide): CellComparison {
  const trials = [...baseline.trials, ...candidate.trials];
  const latencies = LATENCIES.filter((name) => trials.some(({ latency }) => latency[name] !== undefined));
  return {
    id,
    trials: { baseline: baseline.trials.length, candidate: candidate.trials.length },
    figures: [
      ...latencies.flatMap((name) =>
        LATENCY_FIGURES.map((figure) =>
          shiftOf(
            `${name}.${figure}`,
            'ms',
            baseline,
            candidate,
            ({ latency }) => latency[name]?.[figure] ?? NOT_RECORDED,
          ),
        ),
      ),
      shiftOf('throughput', '/s', baseline, candidate, ({ rates }) => fact(rates.achieved)),
      shiftOf('errors', 'ratio', baseline, candidate, ({ accounting }) => fact(errorShare(accounting))),
    ],
    distribution: distributionDistance(baseline.response, candidate.response),
  };
}

/** Of a trial whose answers streamed no event, beside one whose did. */
const NOT_RECORDED: Estimate = { value: null, reason: 'not-recorded' };

const fact = (value: number): Estimate => ({ value, low: null, high: null, method: 'observed' });

function shiftOf(
  metric: string,
  unit: FigureShift['unit'],
  baseline: ComparedSide,
  candidate: ComparedSide,
  estimateOf: (trial: TrialResult) => Estimate,
): FigureShift {
  const a = baseline.trials.map(estimateOf);
  const b = candidate.trials.map(estimateOf);
  return { metric, unit, baseline: levelOf(a), candidate: levelOf(b), shift: shiftBetween(a, b) };
}

/** Null where there is no trial, or one without a figure. Not above zero: the plain mean. */
function levelOf(estimates: readonly Estimate[]): number | null {
  const values = valuesOf(estimates);
  if (values === null) return null;
  const [only] = values;
  if (values.length === 1 && only !== undefined) return only;
  if (values.every((value) => value > 0)) return geometricMean(values);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function shiftBetween(a: readonly Estimate[], b: readonly Estimate[]): Shift | null {
  const [mine, theirs] = [valuesOf(a), valuesOf(b)];
  if (mine === null || theirs === null || ![...mine, ...theirs].every((value) => value > 0)) return null;
  if (mine.length > 1 && theirs.length > 1) return trialShift(mine, theirs);
  return withinTrialShift(boundedOf(a, mine), boundedOf(b, theirs));
}

/** Of one trial its own bounds, of several the bounds between them. */
function boundedOf(estimates: readonly Estimate[], values: readonly number[]): Bounded {
  if (values.length > 1) return betweenBounds(values);
  const [only] = estimates;
  if (only === undefined || only.value === null) throw new Error('a figure without a value was not left out');
  return { value: only.value, low: only.low, high: only.high };
}

function valuesOf(estimates: readonly Estimate[]): readonly number[] | null {
  const values = estimates.flatMap(({ value }) => (value === null ? [] : [value]));
  return values.length === 0 || values.length < estimates.length ? null : values;
}

const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
