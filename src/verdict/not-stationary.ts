import type { Cell } from '../campaign/plan.ts';
import type { JudgedObjective } from './judge-objective.ts';
import type { SteadyResult } from './trial-result.ts';
import type { TrialView } from './trial-view.ts';
import type { Reason } from './verdict.ts';
import { digits, inPercent } from './wording.ts';

/** What did not stay as it was, where a verdict would rest on its having done so. */
export interface Drift {
  /** Phases, by name. */
  readonly phases: ReadonlySet<string>;
  readonly reason: Reason;
}

/**
 * The drift of phases whose bounds a verdict rests on: the one measure phase of a scenario, or a level that is judged for
 * itself. What is judged as a fact of the run (several phases together, a breakpoint) claims nothing beyond it. Null: none.
 */
export function driftOf(cell: Cell, views: readonly TrialView[], where: string): Drift | null {
  const measured = cell.phases.filter(({ purpose }) => purpose === 'measure').length;
  if (cell.judgedBy === 'breakpoint' || (cell.judgedBy === 'together' && measured !== 1)) return null;
  const found = views
    .flatMap(({ phases }) => phases.map(({ steady }) => steady))
    .filter((steady) => steady?.kind === 'not-stationary');
  const worst = found.reduce<SteadyResult | null>((a, b) => (a === null || (b !== null && isMore(b, a)) ? b : a), null);
  if (worst === null) return null;
  return {
    phases: new Set(found.flatMap((steady) => (steady === null ? [] : [steady.phase]))),
    reason: reasonOf(worst, where),
  };
}

const isMore = (a: SteadyResult, b: SteadyResult): boolean => Math.abs(a.slope.change) > Math.abs(b.slope.change);

function reasonOf({ phase, slope, kpss }: SteadyResult, where: string): Reason {
  const { change, low, high } = slope;
  const [least, most] = [Math.abs(change > 0 ? low : high), Math.abs(change > 0 ? high : low)];
  return {
    code: 'not-stationary',
    where: `${where}, ${phase}`,
    message:
      `The mean response of ok requests ${change > 0 ? 'rose' : 'fell'} by ${inPercent(Math.abs(change))} over ${phase} ` +
      `(${inPercent(least)} to ${inPercent(most)}; KPSS ${digits(kpss.statistic)}, above ${kpss.critical}): ` +
      'its percentiles say what this run showed, and no more.',
    hint: 'Look in the series for a backlog, a leak or a throttled processor; where it is a slow start, write a longer `warmup`.',
  };
}

/** A latency of a phase that drifts is at best undecided: no pass, and none without the harness's lag. */
export function atBestUndecided(objective: JudgedObjective, drift: Drift): JudgedObjective {
  const { result, decision, lessLag } = objective;
  const isOf = result.phase === null || drift.phases.has(result.phase);
  if (!isOf || !isLatency(result.indicator)) return objective;
  const open = lessLag === 'pass' ? 'inconclusive' : lessLag;
  if (decision !== 'pass') return { ...objective, lessLag: open };
  return {
    ...objective,
    decision: 'inconclusive',
    lessLag: open,
    result: { ...result, verdict: 'inconclusive', blindToRarerThanS: null, reason: drift.reason },
  };
}

const isLatency = (indicator: string): boolean => /^(response|service|wait)\.p/.test(indicator);
