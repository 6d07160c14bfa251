import {
  type GateCell,
  type GateMetric,
  type GatePolicy,
  isGatedRate,
  type MetricPolicy,
  MOST_GATED,
  partsOfMetric,
} from '../../campaign/gate-policy.ts';
import { floorOf } from '../../stats/percentile.ts';
import { isStreamMetric } from '../../stats/stream-tally.ts';
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

/**
 * What a policy gates of these cells, each of them a figure that their trials can have. `problem`: a sentence that begins
 * with the place in the policy.
 */
export function gatedMetrics(policy: GatePolicy, cells: readonly GateCell[]): GatedMetrics {
  const asked = policy.metrics.length === 0 ? [EVERY_P95] : policy.metrics;
  const ids = cells.map(({ id }) => id);
  const unknown = asked.find(({ cell }) => cell !== null && !ids.includes(cell));
  if (unknown !== undefined) {
    const problem = `gate.metrics: found the cell ${unknown.cell}, expected one of ${ids.join(', ')}`;
    return { ok: false, problem };
  }
  const untold = asked.find((one) => cellsOf(one, cells).length === 0);
  if (untold !== undefined) {
    const problem = `gate.metrics: found ${untold.metric} of ${untold.cell ?? ids.join(', ')}, whose answers are no streams of events; expected a cell whose target has \`stream: sse\``;
    return { ok: false, problem };
  }
  // What is said of one cell alone is nearer than what is said of all, whichever stands first.
  const named = new Set(asked.flatMap(({ cell, metric }) => (cell === null ? [] : [`${cell} ${metric}`])));
  const metrics = asked.flatMap((one) => {
    const { metric, better, threshold, floor } = one;
    const meant = cellsOf(one, cells).filter(({ id }) => one.cell !== null || !named.has(`${id} ${metric}`));
    return meant.map(({ id }): GatedMetric => {
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
    });
  });
  const distinct = [...new Map(metrics.map((one) => [one.id, one])).values()];
  for (const { id, cell, metric } of distinct) {
    const why = whyNoFigure(
      metric,
      cells.find((one) => one.id === cell),
    );
    if (why !== null) return { ok: false, problem: `gate.metrics: found ${id}, ${why}` };
  }
  if (distinct.length <= MOST_GATED) return { ok: true, metrics: distinct };
  const problem = `gate.metrics: found ${distinct.length} gated metrics over ${cells.length} cells, expected at most ${MOST_GATED}: name the cells that matter, for example { metric: response.p95, cell: ${ids[0]} }`;
  return { ok: false, problem };
}

const EVERY_P95 = { metric: 'response.p95', cell: null, better: 'lower', threshold: null, floor: null } as const;

/** Those that a metric is asked of: of events, only cells whose answers stream them. */
const cellsOf = ({ metric, cell }: Pick<MetricPolicy, 'metric' | 'cell'>, cells: readonly GateCell[]) =>
  cells.filter(
    ({ id, streams }) =>
      (cell === null || cell === id) && (streams || isGatedRate(metric) || !isStreamMetric(partsOfMetric(metric)[0])),
  );

/** What no trial of a cell will ever have, and what would be right, a clause for people; null: it may. */
function whyNoFigure(metric: GateMetric, cell: GateCell | undefined): string | null {
  if (cell === undefined || isGatedRate(metric)) return null;
  const [latency, figure] = partsOfMetric(metric);
  if (latency === 'response' && !cell.isScheduled)
    return `and its k6 script has no schedule from which a response could count; expected service.${figure}`;
  const floor = figure === 'mean' ? 0 : floorOf(QUANTILES[figure]);
  // Of the gaps between events there are more than of requests.
  if (cell.requests === null || cell.requests >= floor || latency === 'betweenEvents') return null;
  return `which takes ${floor} requests a trial, and there are ${cell.requests}; expected longer trials, or a lower percentile`;
}

const QUANTILES = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, 'p99.9': 0.999 } as const;

/**
 * The figure of one trial; null where it has none, or one too small for the clock. Infinity: so many requests failed that a
 * latency has no end; 0: nothing was done, of a rate.
 */
export function figureOf({ latency, rates }: TrialResult, metric: GateMetric): number | null {
  if (isGatedRate(metric)) return metric === 'throughput' ? rates.achieved : rates.goodput;
  const [name, figure] = partsOfMetric(metric);
  const estimate = latency[name]?.[figure];
  if (estimate === undefined) return null;
  if (estimate.value === null) return estimate.reason === 'censored' ? Number.POSITIVE_INFINITY : null;
  return estimate.value > 0 ? estimate.value : null;
}
