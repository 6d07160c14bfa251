import { GATE_METRICS, type GateMetric } from '../../campaign/gate-policy.ts';
import type { Cell, Plan } from '../../campaign/plan.ts';
import { validTrials } from '../compare/comparison.ts';
import type { Benchmarks } from '../result.ts';
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

/** Every figure above zero that all valid trials of a cell have. Of a load that its own run had to find out there is none to compare. */
export function nightFigures(plan: Plan, benchmarks: Benchmarks): readonly NightFigure[] {
  return plan.cells.flatMap((cell, index) => {
    const trials = cell.open === undefined ? validTrials(benchmarks.cells[index]) : [];
    return GATE_METRICS.flatMap((metric) => {
      const values = trials.map((trial) => figureOf(trial, metric));
      const logs = values.flatMap((value) => (value === null || value <= 0 ? [] : [Math.log(value)]));
      if (logs.length === 0 || logs.length < values.length) return [];
      const log = logs.reduce((sum, one) => sum + one, 0) / logs.length;
      return [{ cell: cell.id, load: loadOf(cell), metric, log, trials: logs.length }];
    });
  });
}

/** How a cell is loaded, as text: the target is what is compared, and no part of it. */
const loadOf = ({ phases, agents, workers, pacing, backlog, timeoutNs }: Cell): string =>
  JSON.stringify({ phases, agents, workers, pacing, backlog, timeoutNs });

/** The nodes of a run, as text: runs that differ in it are not comparable. */
export const environmentOf = ({ nodes }: Benchmarks): string =>
  JSON.stringify(nodes.map(({ fingerprint }) => fingerprint.key ?? fingerprint).sort());
