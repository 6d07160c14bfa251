import type { MetricFinding } from './finding.ts';
import type { GatePair } from './pair.ts';

/** Why a gate did not pass, or what should be known of one that did. */
export interface GateReason {
  readonly code: GateReasonCode;
  readonly where: string;
  readonly message: string;
  readonly hint: string;
}

export type GateReasonCode =
  | 'worse'
  | 'not-confirmed'
  | 'invalid-pairs'
  | 'budget-spent'
  | 'policy-finer-than-noise'
  | 'no-figure'
  | 'acknowledged'
  | 'acknowledgement-expired'
  | 'no-baseline'
  | 'not-gated'
  | 'nights-changed'
  | 'interrupted';

/** Three significant digits, with a sign of percent. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

export function worse(finding: MetricFinding): GateReason {
  if (finding.broken > 0) return broken(finding);
  const { metric, worse: by, low, baseline, candidate } = finding;
  const figures = `${figure(baseline)} to ${figure(candidate)} ${metric.unit}`;
  return {
    code: 'worse',
    where: metric.id,
    message: `worse by ${percent(by ?? 0)} (at least ${percent(low ?? 0)}), ${figures}; the threshold is ${percent(metric.threshold)}`,
    hint: 'look into the change, or acknowledge it for a while (gate.acks)',
  };
}

/** Too many of the candidate's requests failed for a figure at all. */
const broken = ({ metric, broken: count, pairs }: MetricFinding): GateReason => ({
  code: 'worse',
  where: metric.id,
  message: `in ${count} of ${pairs} pairs so many of the candidate's requests failed that it has no ${metric.metric}, and the baseline has one`,
  hint: 'look into the failures in the reports of the trials',
});

const figure = (value: number | null): string => (value === null ? '-' : String(Number(value.toPrecision(4))));

export function invalidPairs(pairs: readonly GatePair[], valid: number): GateReason {
  const why = pairs.find((pair) => pair.kind === 'invalid')?.why ?? 'no pair was run';
  return {
    code: 'invalid-pairs',
    where: 'pairs',
    message: `${valid} of ${pairs.length} pairs are valid: ${why}`,
    hint: 'the target is not blamed: see the reasons in the reports of the trials',
  };
}

export function budgetSpent(finding: MetricFinding, pairs: number): GateReason {
  return finding.broken > 0 ? { ...broken(finding), code: 'budget-spent' } : openBound(finding, pairs);
}

const openBound = ({ metric, high, passBound }: MetricFinding, pairs: number): GateReason => ({
  code: 'budget-spent',
  where: metric.id,
  message: `after ${pairs} pairs it may be worse by up to ${high === null ? 'any amount' : percent(high)}, and a pass needs its bound of ${passBound === null ? 'any amount' : percent(passBound)} below ${percent(metric.threshold)}`,
  hint: 'allow more pairs (gate.looks), run longer trials, or set a coarser threshold',
});

export const noFigure = ({ metric, pairs }: MetricFinding): GateReason => ({
  code: 'no-figure',
  where: metric.id,
  message: `only ${pairs} pairs have this figure on both sides`,
  hint: 'run longer trials: a percentile needs enough requests; or gate a lower one',
});

export const notConfirmed = ({ metric, worse: by }: MetricFinding): GateReason => ({
  code: 'not-confirmed',
  where: metric.id,
  message: `failed, and the repetition does not confirm it: worse by ${percent(by ?? 0)}`,
  hint: 'something else than the candidate may have changed meanwhile; run the gate again',
});

export const acknowledged = ({ metric, worse: by, acknowledged: reason }: MetricFinding): GateReason => ({
  code: 'acknowledged',
  where: metric.id,
  message: `worse by ${percent(by ?? 0)}, which is acknowledged: ${reason ?? ''}`,
  hint: 'the acknowledgement expires',
});

/** Detectable effects above the threshold, below twice that. `by`: whose they are. */
export function coarse(
  { metric, detectable, finding }: MetricFinding,
  { by, hint }: { readonly by: string; readonly hint: string },
): readonly GateReason[] {
  if (finding === 'fail' || detectable === null || detectable <= metric.threshold) return [];
  return [
    {
      code: 'policy-finer-than-noise',
      where: metric.id,
      message: `${by} a change of ${percent(detectable)} at best, the threshold is ${percent(metric.threshold)}`,
      hint,
    },
  ];
}
