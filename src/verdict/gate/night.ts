import { networkOf } from '../../campaign/cell-network.ts';
import { ownWay } from '../../campaign/gate-plan.ts';
import { GATE_METRICS, type GateMetric } from '../../campaign/gate-policy.ts';
import type { Cell, Plan } from '../../campaign/plan.ts';
import { streamsEvents } from '../../campaign/target-spec.ts';
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
  /** What it was loaded with; runs that differ in it are not comparable. */
  readonly load: string;
  /** Whether its answers are streams of events. */
  readonly streams: boolean;
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
    const load = loadOf(cell);
    return [
      {
        cell: cell.id,
        load,
        streams: streamsEvents(cell.spec),
        judged: cell.judge,
        figures: values.flatMap(({ metric, of }) => {
          const logs = of.flatMap((value) => (value === null || !isFigure(value) ? [] : [Math.log(value)]));
          if (logs.length === 0 || logs.length < of.length) return [];
          const log = logs.reduce((sum, one) => sum + one, 0) / logs.length;
          return [{ cell: cell.id, load, metric, log, trials: logs.length }];
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
function loadOf(cell: Cell): string {
  const { phases, agents, workers, pacing, backlog, timeoutNs } = cell;
  const via = networkOf(cell);
  return JSON.stringify({ phases, agents, workers, pacing, backlog, timeoutNs, ...(via === null ? {} : { via }) });
}

/** The nodes of a run, as text: runs that differ in it are not comparable. */
export const environmentOf = ({ nodes }: Benchmarks): string =>
  JSON.stringify(nodes.map(({ fingerprint }) => fingerprint.key ?? fingerprint).sort());
