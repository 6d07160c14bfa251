import { DISCARDED, SIDES, sideId } from '../../campaign/gate-plan.ts';
import type { Benchmarks } from '../result.ts';
import type { TrialResult } from '../trial-result.ts';
import type { ReasonCode, Verdict } from '../verdict.ts';
import { figureOf, type GatedMetric } from './gated-metric.ts';
import type { GatePair } from './pair.ts';

/** The pairs of a run of a merged plan, in order. A pair without both trials, or with one that is invalid, says nothing. */
export function pairsOfRun(benchmarks: Benchmarks, metrics: readonly GatedMetric[], pairs: number): GatePair[] {
  const cells = [...new Set(metrics.map(({ cell }) => cell))];
  return Array.from({ length: pairs }, (_, index) => pairAt(benchmarks, metrics, cells, index + 1 + DISCARDED));
}

function pairAt(
  benchmarks: Benchmarks,
  metrics: readonly GatedMetric[],
  cells: readonly string[],
  trial: number,
): GatePair {
  const trials = new Map<string, TrialResult>();
  for (const cell of cells) {
    for (const side of SIDES) {
      const id = sideId(side, cell);
      const found = benchmarks.cells.find((one) => one.id === id)?.trials.findLast(({ index }) => index === trial);
      if (found === undefined) return { kind: 'invalid', why: `trial ${trial} of ${id} was not run` };
      const why = whyNot(found.verdict);
      if (why !== null) return { kind: 'invalid', why: `trial ${trial} of ${id}: ${why}` };
      trials.set(id, found);
    }
  }
  const figures = metrics.flatMap((metric) => {
    const [baseline, candidate] = SIDES.map((side) => {
      const result = trials.get(sideId(side, metric.cell));
      return result === undefined ? null : figureOf(result, metric.metric);
    });
    if (baseline == null || candidate == null) return [];
    return [[metric.id, { baseline, candidate }] as const];
  });
  return { kind: 'valid', figures: new Map(figures) };
}

/** A trial that did not run whole, or not at all, is half a pair. */
const PARTS: readonly ReasonCode[] = ['interrupted', 'deadline', 'not-run', 'target-setup'];

function whyNot(verdict: Verdict): string | null {
  if (verdict.kind === 'invalid') return verdict.reasons[0].message;
  return verdict.reasons.find(({ code }) => PARTS.includes(code))?.message ?? null;
}
