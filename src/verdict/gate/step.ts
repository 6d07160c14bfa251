import type { Acknowledgement, GatePolicy } from '../../campaign/gate-policy.ts';
import { minimumDetectableEffect } from '../../stats/comparison/detectable-effect.ts';
import { holmAdjusted } from '../../stats/comparison/holm.ts';
import { COARSEST, findingOf, type Measured, type MetricFinding, measured } from './finding.ts';
import type { GatedMetric } from './gated-metric.ts';
import type { GatePair } from './pair.ts';

/** What is decided, and about what. */
export interface GateQuestion {
  readonly policy: GatePolicy;
  readonly metrics: readonly GatedMetric[];
  /** Acknowledgements that hold on the day. */
  readonly acks: readonly Acknowledgement[];
}

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
  | 'interrupted';

export interface GateFindings {
  readonly pairs: { readonly run: number; readonly valid: number };
  readonly metrics: readonly MetricFinding[];
  readonly reasons: readonly GateReason[];
  readonly cautions: readonly GateReason[];
}

export type GateStep =
  /** Until so many pairs have been run, nothing is decided. */
  | { readonly kind: 'more'; readonly pairs: number; readonly findings: GateFindings }
  | { readonly kind: 'pass' | 'fail' | 'inconclusive' | 'invalid'; readonly findings: GateFindings };

/**
 * Decides what the pairs so far say, or that more are to be run. Only at a look is anything decided; pairs beyond it
 * count at the next one. Pairs that are invalid say nothing, and when more than half of them are, the gate is invalid,
 * whatever the others show.
 */
export function gateStep(question: GateQuestion, pairs: readonly GatePair[]): GateStep {
  const { looks } = question.policy;
  const look = looks.findLast((count) => count <= pairs.length);
  const findings = findingsOf(question, pairs.slice(0, look ?? pairs.length), looks.length);
  if (look === undefined) return { kind: 'more', pairs: looks[0] ?? 0, findings };
  const { valid, run } = findings.pairs;
  if (2 * valid < run || valid < 2)
    return { kind: 'invalid', findings: withReason(findings, invalidPairs(pairs, valid)) };
  const failed = findings.metrics.filter(({ finding }) => finding === 'fail');
  if (failed.length > 0) return { kind: 'fail', findings: withReasons(findings, failed.map(worse)) };
  const open = findings.metrics.filter(({ finding }) => finding === 'undecided');
  if (open.length === 0) return { kind: 'pass', findings };
  const next = looks.find((count) => count > look);
  const tooFine = hopeless(question, findings, next === undefined ? valid : (looks.at(-1) ?? valid));
  const figureless = open.filter((one) => one.pairs < valid / 2);
  if (figureless.length > 0) return { kind: 'inconclusive', findings: withReasons(findings, figureless.map(noFigure)) };
  if (tooFine.length > 0) return { kind: 'inconclusive', findings: withReasons(findings, tooFine) };
  if (next !== undefined) return { kind: 'more', pairs: next, findings };
  return {
    kind: 'inconclusive',
    findings: withReasons(
      findings,
      open.map((one) => budgetSpent(one, valid)),
    ),
  };
}

/** The same rule with one look, on pairs that were run anew: does the fail hold? */
export function confirmStep(question: GateQuestion, first: GateStep, again: readonly GatePair[]): GateStep {
  const findings = findingsOf(question, again, 1);
  const { valid, run } = findings.pairs;
  const failed = new Set(
    first.findings.metrics.filter(({ finding }) => finding === 'fail').map(({ metric }) => metric.id),
  );
  if (2 * valid < run || valid < 2)
    return { kind: 'invalid', findings: withReason(findings, invalidPairs(again, valid)) };
  const held = findings.metrics.filter(({ metric, finding }) => finding === 'fail' && failed.has(metric.id));
  if (held.length > 0) return { kind: 'fail', findings: withReasons(findings, held.map(worse)) };
  const lapsed = findings.metrics.filter(({ metric }) => failed.has(metric.id));
  return { kind: 'inconclusive', findings: withReasons(findings, lapsed.map(notConfirmed)) };
}

function findingsOf({ policy, metrics, acks }: GateQuestion, pairs: readonly GatePair[], looks: number): GateFindings {
  const valid = pairs.filter((pair) => pair.kind === 'valid');
  const all: readonly Measured[] = metrics.map((metric) =>
    measured(
      metric,
      valid.flatMap(({ figures }) => figures.get(metric.id) ?? []),
    ),
  );
  const adjusted = holmAdjusted(all.map(({ pValue }) => pValue));
  const found = all.map((of, index) =>
    findingOf(of, adjusted[index] ?? 1, policy, { looks, metrics: metrics.length, acks }),
  );
  return {
    pairs: { run: pairs.length, valid: valid.length },
    metrics: found,
    reasons: [],
    cautions: [
      ...found.filter(({ finding }) => finding === 'acknowledged').map(acknowledged),
      ...found.flatMap(coarse),
    ],
  };
}

/** Metrics whose scatter hides twice the threshold even with `pairs` pairs. */
function hopeless({ policy, metrics }: GateQuestion, { metrics: found }: GateFindings, pairs: number): GateReason[] {
  const budget = { alpha: policy.alpha, looks: policy.looks.length, metrics: metrics.length };
  return found.flatMap((one) => {
    if (one.finding !== 'undecided' || one.deviation === null || one.broken > 0) return [];
    const effect = minimumDetectableEffect({ count: pairs, deviation: one.deviation }, budget);
    if (effect <= COARSEST * one.metric.threshold) return [];
    return [
      {
        code: 'policy-finer-than-noise' as const,
        where: one.metric.id,
        message: `${pairs} pairs detect a change of ${percent(effect)} at best, more than twice the threshold of ${percent(one.metric.threshold)}`,
        hint: `set a threshold of ${percent(effect / COARSEST)} or more, run longer trials, or more pairs`,
      },
    ];
  });
}

const withReason = (findings: GateFindings, reason: GateReason): GateFindings => withReasons(findings, [reason]);
const withReasons = (findings: GateFindings, reasons: readonly GateReason[]): GateFindings => ({
  ...findings,
  reasons,
});

/** Three significant digits, with a sign of percent. */
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

function worse(finding: MetricFinding): GateReason {
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

function invalidPairs(pairs: readonly GatePair[], valid: number): GateReason {
  const why = pairs.find((pair) => pair.kind === 'invalid')?.why ?? 'no pair was run';
  return {
    code: 'invalid-pairs',
    where: 'pairs',
    message: `${valid} of ${pairs.length} pairs are valid: ${why}`,
    hint: 'the target is not blamed: see the reasons in the reports of the trials',
  };
}

function budgetSpent(finding: MetricFinding, pairs: number): GateReason {
  return finding.broken > 0 ? { ...broken(finding), code: 'budget-spent' } : openBound(finding, pairs);
}

const openBound = ({ metric, high, passBound }: MetricFinding, pairs: number): GateReason => ({
  code: 'budget-spent',
  where: metric.id,
  message: `after ${pairs} pairs it may be worse by up to ${high === null ? 'any amount' : percent(high)}, and a pass needs its bound of ${passBound === null ? 'any amount' : percent(passBound)} below ${percent(metric.threshold)}`,
  hint: 'allow more pairs (gate.looks), run longer trials, or set a coarser threshold',
});

const noFigure = ({ metric, pairs }: MetricFinding): GateReason => ({
  code: 'no-figure',
  where: metric.id,
  message: `only ${pairs} pairs have this figure on both sides`,
  hint: 'run longer trials: a percentile needs enough requests; or gate a lower one',
});

const notConfirmed = ({ metric, worse: by }: MetricFinding): GateReason => ({
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

/** Detectable effects above the threshold, below twice that. */
function coarse({ metric, detectable, finding }: MetricFinding): GateReason[] {
  if (finding === 'fail' || detectable === null || detectable <= metric.threshold) return [];
  return [
    {
      code: 'policy-finer-than-noise',
      where: metric.id,
      message: `the pairs detect a change of ${percent(detectable)} at best, the threshold is ${percent(metric.threshold)}`,
      hint: 'run longer trials or more pairs',
    },
  ];
}
