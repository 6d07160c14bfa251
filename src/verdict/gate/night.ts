import { networkOf } from '../../campaign/cell-network.ts';
import { gateCell } from '../../campaign/gate-cell.ts';
import { ownWay } from '../../campaign/gate-plan.ts';
import { GATE_METRICS, type GateCell, type GateMetric } from '../../campaign/gate-policy.ts';
import { goodLimit } from '../../campaign/good-limit.ts';
import { ownScenarios } from '../../campaign/own-scenarios.ts';
import type { Cell, Plan } from '../../campaign/plan.ts';
import { validTrials } from '../compare/comparison.ts';
import type { Benchmarks } from '../result.ts';
import type { Reason } from '../verdict.ts';
import { figureOf } from './gated-metric.ts';

/** What a store keeps of one figure of a run. */
export interface NightFigure {
  readonly cell: string;
  /** What the cell was loaded with; runs that differ in it are not comparable. */
  readonly load: string;
  readonly metric: GateMetric;
  /** Mean of the logarithms over the valid trials. */
  readonly log: number;
  readonly trials: number;
}

/** A cell of one night. */
export interface CellOfNight {
  readonly cell: string;
  /** What may be gated of it. */
  readonly gated: GateCell;
  /** What it was loaded with, and what a figure counts; runs that differ in it are not comparable. */
  readonly loadOf: (metric: GateMetric) => string;
  /** Outside the run's verdict, or not. */
  readonly judged: boolean;
  readonly figures: readonly NightFigure[];
  /** Metrics that have no figure because too many requests of a trial failed. */
  readonly broken: readonly GateMetric[];
  /** Why its measurement is not to be trusted: then it has no figures, whatever its valid trials say. Empty: it is. */
  readonly untrusted: readonly Reason[];
}

/** Every cell whose load does not depend on what it found, with each figure that all its valid trials have. */
export function cellsOfNight(plan: Plan, benchmarks: Benchmarks): readonly CellOfNight[] {
  return plan.cells.flatMap((cell, index) => {
    if (ownWay(cell) !== null) return [];
    const verdict = benchmarks.cells[index]?.verdict;
    const untrusted = verdict?.kind === 'invalid' ? verdict.reasons : [];
    const trials = untrusted.length > 0 ? [] : validTrials(benchmarks.cells[index]);
    const values = GATE_METRICS.map((metric) => ({ metric, of: trials.map((trial) => figureOf(trial, metric)) }));
    const loadOf = (metric: GateMetric): string => loadText(cell, metric);
    return [
      {
        cell: cell.id,
        gated: gateCell(cell),
        loadOf,
        judged: cell.judge,
        figures: values.flatMap(({ metric, of }) => {
          const logs = of.flatMap((value) => (value === null || !isFigure(value) ? [] : [Math.log(value)]));
          if (logs.length === 0 || logs.length < of.length) return [];
          const log = logs.reduce((sum, one) => sum + one, 0) / logs.length;
          return [{ cell: cell.id, load: loadOf(metric), metric, log, trials: logs.length }];
        }),
        broken: values.flatMap(({ metric, of }) =>
          of.some((value) => value !== null && !isFigure(value)) ? [metric] : [],
        ),
        untrusted,
      },
    ];
  });
}

/** Neither nothing done at all nor without end. */
const isFigure = (value: number): boolean => value > 0 && Number.isFinite(value);

/** How a cell is loaded, and through what network, as text: the target is what is compared, and no part of it. */
function loadText(cell: Cell, metric: GateMetric): string {
  const { phases, agents, workers, pacing, backlog, timeoutNs } = cell;
  const more = {
    via: networkOf(cell),
    scenarios: ownScenarios(cell),
    goodWithin: metric === 'goodput' ? goodLimit(cell) : null,
  };
  const there = Object.entries(more).filter(([, value]) => value !== null);
  return JSON.stringify({ phases, agents, workers, pacing, backlog, timeoutNs, ...Object.fromEntries(there) });
}

/** The nodes of a run, as text: runs that differ in it are not comparable. */
export const environmentOf = ({ nodes }: Benchmarks): string =>
  JSON.stringify(nodes.map(({ fingerprint }) => fingerprint.key ?? fingerprint).sort());
