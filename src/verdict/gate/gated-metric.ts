import { type GateMetric, type GatePolicy, MOST_GATED } from '../../campaign/gate-policy.ts';
import type { TrialResult } from '../trial-result.ts';

/** One figure of one cell that decides, with everything that its policy leaves open filled in. */
export interface GatedMetric {
  /** `sleeper/load response.p95`: stands for it everywhere. */
  readonly id: string;
  readonly cell: string;
  readonly metric: GateMetric;
  readonly unit: 'ms' | '/s';
  readonly better: 'lower' | 'higher';
  /** A share of 1. */
  readonly threshold: number;
  /** In `unit`. */
  readonly floor: number;
}

export type GatedMetrics =
  | { readonly ok: true; readonly metrics: readonly GatedMetric[] }
  | { readonly ok: false; readonly problem: string };

/** What a policy gates of these cells. `problem`: a sentence that begins with the place in the policy. */
export function gatedMetrics(policy: GatePolicy, cells: readonly string[]): GatedMetrics {
  const asked = policy.metrics.length === 0 ? [EVERY_P95] : policy.metrics;
  const unknown = asked.find(({ cell }) => cell !== null && !cells.includes(cell));
  if (unknown !== undefined) {
    const problem = `gate.metrics: found the cell ${unknown.cell}, expected one of ${cells.join(', ')}`;
    return { ok: false, problem };
  }
  const metrics = asked.flatMap(({ metric, cell, better, threshold, floor }) =>
    cells
      .filter((id) => cell === null || cell === id)
      .map((id): GatedMetric => {
        const unit = better === 'higher' ? '/s' : 'ms';
        const usual = unit === 'ms' ? policy.floorMs : 0;
        return {
          id: `${id} ${metric}`,
          cell: id,
          metric,
          unit,
          better,
          threshold: threshold ?? policy.threshold,
          floor: floor ?? usual,
        };
      }),
  );
  // What is said of one cell alone is nearer than what is said of all.
  const distinct = [...new Map(metrics.map((one) => [one.id, one])).values()];
  if (distinct.length <= MOST_GATED) return { ok: true, metrics: distinct };
  const problem = `gate.metrics: found ${distinct.length} gated metrics over ${cells.length} cells, expected at most ${MOST_GATED}: name the cells that matter, for example { metric: response.p95, cell: ${cells[0]} }`;
  return { ok: false, problem };
}

const EVERY_P95 = { metric: 'response.p95', cell: null, better: 'lower', threshold: null, floor: null } as const;

/**
 * The figure of one trial; null where it has none, or one too small for the clock. Infinity: so many requests failed that a
 * latency has no end; 0: nothing was done, of a rate.
 */
export function figureOf({ latency, rates }: TrialResult, metric: GateMetric): number | null {
  if (metric === 'throughput') return rates.achieved;
  if (metric === 'goodput') return rates.goodput;
  const dot = metric.indexOf('.');
  const family = metric.slice(0, dot) as 'response' | 'service';
  const figure = metric.slice(dot + 1) as 'mean' | 'p50' | 'p90' | 'p95' | 'p99' | 'p99.9';
  const estimate = latency[family][figure];
  if (estimate.value === null) return estimate.reason === 'censored' ? Number.POSITIVE_INFINITY : null;
  return estimate.value > 0 ? estimate.value : null;
}
