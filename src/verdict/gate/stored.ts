import type { Acknowledgement, GatePolicy } from '../../campaign/gate-policy.ts';
import { holmAdjusted } from '../../stats/comparison/holm.ts';
import { momentsOf } from '../../stats/comparison/moments.ts';
import { detectableByNight, nightShift, upperNightBound } from '../../stats/comparison/night-shift.ts';
import { shareOf } from '../../stats/comparison/paired-shift.ts';
import type { MetricFinding } from './finding.ts';
import type { GatedMetric } from './gated-metric.ts';
import { nightsOfTwoLevels } from './level-of-nights.ts';
import { acknowledged, coarse, type GateReason, percent } from './reason.ts';
import type { GateKind } from './result.ts';
import type { GateFindings } from './step.ts';

/** Below so many nights, what differs from night to night is not known. */
export const LEAST_NIGHTS = 8;

/** One metric of tonight and of earlier nights under equal conditions; every figure is the mean of a night's logarithms. */
export interface NightsOfMetric {
  readonly metric: GatedMetric;
  readonly nights: readonly number[];
  /** Earlier nights of it under other conditions: another environment, or another load. */
  readonly elsewhere: number;
  /** Null: tonight has no such figure; `broken`: because too many requests failed. */
  readonly tonight: number | 'broken' | null;
}

/**
 * Tonight against earlier nights, the night being the replicate. Fail: adjusted p below alpha, worse by the threshold at
 * least, and above the floor; otherwise it passes, and what one night can see at all is told. A metric without eight nights,
 * or without a figure of tonight, keeps the others from a pass and hides no fail of theirs.
 */
export function storedGate(
  policy: GatePolicy,
  acks: readonly Acknowledgement[],
  metrics: readonly NightsOfMetric[],
): { readonly verdict: GateKind; readonly findings: GateFindings } {
  const fewest = Math.min(...metrics.map(({ nights }) => nights.length));
  const young = metrics.filter(({ nights }) => nights.length < LEAST_NIGHTS);
  const grown = metrics.filter(({ nights }) => nights.length >= LEAST_NIGHTS);
  const missing = grown.filter(({ tonight }) => typeof tonight !== 'number');
  const found = findingsOf(
    policy,
    acks,
    grown.flatMap(({ tonight, ...of }) => (typeof tonight === 'number' ? [{ ...of, tonight }] : [])),
  );
  const failed = found.filter(({ finding }) => finding === 'fail');
  return {
    verdict:
      failed.length > 0 ? 'fail' : missing.length > 0 ? 'inconclusive' : young.length > 0 ? 'no-baseline' : 'pass',
    findings: {
      pairs: { run: fewest, valid: fewest },
      metrics: found,
      reasons: [...failed.map(worseTonight), ...missing.map(noFigure), ...young.map(tooFewNights)],
      cautions: [
        ...found.filter(({ finding }) => finding === 'acknowledged').map(acknowledged),
        ...found.flatMap((one) => coarse(one, BY_A_NIGHT)),
        ...grown.flatMap(nightsOfTwoLevels),
      ],
    },
  };
}

/** Of metrics that have both, the nights and tonight's figure; the chance of a false fail is spread over these. */
function findingsOf(
  policy: GatePolicy,
  acks: readonly Acknowledgement[],
  metrics: readonly (NightsOfMetric & { readonly tonight: number })[],
): readonly MetricFinding[] {
  const shifts = metrics.map(({ metric, nights, tonight }) => {
    const sign = metric.better === 'lower' ? 1 : -1;
    return nightShift(
      nights.map((night) => sign * night),
      sign * tonight,
    );
  });
  const adjusted = holmAdjusted(shifts.map(({ pValue }) => pValue));
  return metrics.map((of, index): MetricFinding => {
    const shift = shifts[index];
    if (shift === undefined) throw new Error('a metric without a shift');
    const { metric } = of;
    const baseline = Math.exp(momentsOf(of.nights).mean);
    const candidate = Math.exp(of.tonight);
    const worse = shareOf(shift.log);
    const high = upperNightBound(shift, 0.975);
    const p = adjusted[index] ?? 1;
    const fails = p < policy.alpha && worse >= metric.threshold && Math.abs(candidate - baseline) > metric.floor;
    const ack = acks.find((one) => one.metric === metric.metric && (one.cell ?? metric.cell) === metric.cell);
    return {
      metric,
      pairs: of.nights.length,
      broken: 0,
      baseline,
      candidate,
      worse,
      low: shareOf(2 * shift.log - high),
      high: shareOf(high),
      passBound: shareOf(upperNightBound(shift, 1 - policy.beta)),
      deviation: shift.nights.deviation,
      pValue: shift.pValue,
      adjusted: p,
      detectable: detectableByNight(shift.nights, policy.alpha / metrics.length),
      finding: !fails ? 'pass' : ack === undefined ? 'fail' : 'acknowledged',
      acknowledged: ack?.reason ?? null,
    };
  });
}

const tooFewNights = ({ metric, nights, elsewhere }: NightsOfMetric): GateReason => ({
  code: 'no-baseline',
  where: metric.id,
  message: `found ${nights.length} earlier nights under equal conditions, expected at least ${LEAST_NIGHTS}${elsewhere === 0 ? '' : `; of ${elsewhere} others the environment or the load was another`}`,
  hint: 'add runs to the store as they come: loadcell baseline add latest',
});

const noFigure = ({ metric, tonight }: NightsOfMetric): GateReason => ({
  code: 'no-figure',
  where: metric.id,
  ...(tonight === 'broken'
    ? {
        message: `so many requests failed tonight that there is no ${metric.metric}`,
        hint: 'look into the failures in the report of the run; an objective says how many may, for example errors < 1%',
      }
    : {
        message: 'the run has no valid trial, or one without this figure',
        hint: 'run longer trials: a percentile needs enough requests',
      }),
});

const worseTonight = ({ metric, worse, pairs, adjusted }: MetricFinding): GateReason => ({
  code: 'worse',
  where: metric.id,
  message: `worse than ${pairs} earlier nights by ${percent(worse ?? 0)} (p ${adjusted.toPrecision(2)}); the threshold is ${percent(metric.threshold)}`,
  hint: 'look into the change, or run loadcell gate with both campaigns side by side to be surer',
});

/** A single night sees little: how little is told, and does not decide. */
const BY_A_NIGHT = {
  by: 'a single night detects',
  hint: 'gate in pairs (--baseline and --candidate) for a smaller one; loadcell trend sees slow ones',
};
