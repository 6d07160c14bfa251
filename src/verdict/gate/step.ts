import type { Acknowledgement, GatePolicy } from '../../campaign/gate-policy.ts';
import { minimumDetectableEffect } from '../../stats/comparison/detectable-effect.ts';
import { holmAdjusted } from '../../stats/comparison/holm.ts';
import { COARSEST, findingOf, type Measured, type MetricFinding, measured } from './finding.ts';
import type { GatedMetric } from './gated-metric.ts';
import type { GatePair } from './pair.ts';
import {
  acknowledged,
  budgetSpent,
  coarse,
  type GateReason,
  invalidPairs,
  noFigure,
  notConfirmed,
  percent,
  worse,
} from './reason.ts';

/** What is decided, and about what. */
export interface GateQuestion {
  readonly policy: GatePolicy;
  readonly metrics: readonly GatedMetric[];
  /** Acknowledgements that hold on the day. */
  readonly acks: readonly Acknowledgement[];
}

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
      ...found.flatMap((one) => coarse(one, BY_PAIRS)),
    ],
  };
}

const BY_PAIRS = { by: 'the pairs detect', hint: 'run longer trials or more pairs' };

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
