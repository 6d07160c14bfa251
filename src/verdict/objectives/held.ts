import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import { startingRate } from '../../scenarios/profile.ts';
import { observed } from '../../stats/estimate.ts';
import type { LatencyLimit, Tally } from '../../stats/tally.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import { limitIndex } from '../limits.ts';
import { onlyPhase, type TrialView, wholeOf } from '../trial-view.ts';
import { inPercent, keeps, perSecond } from '../wording.ts';
import { latencyQuestion } from './latency.ts';

/** In time of offered, and started of offered, below which a level breaks. */
const KEPT_UP = 0.99;

/** How far a breakpoint scenario came, by facts of each level. */
export interface Breakpoint {
  /** Rate of the highest level that held before one broke; 0 when the first one broke. */
  readonly held: number;
  /** Index (into the cell's phases) of that level; of the first one when none held. */
  readonly level: number;
  /** The level that broke, and why; null when all that ran held. */
  readonly broke: { readonly name: string; readonly why: string } | null;
}

/** Judged on response itself, or on what is left of it without the harness's lag. */
export type LagView = 'response' | 'less-lag';

/**
 * Walks the levels in order up to the first that breaks: its observed share over a limit exceeds 1 - p, its error share
 * the limit, or less than 99 % of the offered requests were started, or ok in time. Null: no level ran to its end.
 */
export function breakpointOf(
  cell: Cell,
  views: readonly TrialView[],
  limits: readonly LatencyLimit[],
  lag: LagView,
): Breakpoint | null {
  let found: Breakpoint | null = null;
  for (const [index, phase] of cell.phases.entries()) {
    if (phase.purpose !== 'measure' || phase.load.kind !== 'open') continue;
    const level = views.map((view) => onlyPhase(view, index));
    if (level.some(({ phases }) => phases[0]?.complete !== true)) break;
    const why = breaks(cell.objectives, wholeOf(level, limits.length), limits, lag);
    if (why !== null) return { held: 0, level: index, ...found, broke: { name: phase.name, why } };
    found = { held: startingRate(phase.load.profile), level: index, broke: null };
  }
  return found;
}

function breaks(
  objectives: readonly Objective[],
  level: Tally,
  limits: readonly LatencyLimit[],
  lag: LagView,
): string | null {
  for (const objective of objectives) {
    const why = breaksObjective(objective, level, limits, lag);
    if (why !== null) return why;
  }
  const offered = level.settled;
  if (level.started < KEPT_UP * offered)
    return `only ${inPercent(level.started / offered)} of the offered were started`;
  if (level.inTime < KEPT_UP * offered)
    return `only ${inPercent(level.inTime / offered)} of the offered were ok in time`;
  return null;
}

function breaksObjective(
  objective: Objective,
  level: Tally,
  limits: readonly LatencyLimit[],
  lag: LagView,
): string | null {
  const { indicator } = objective;
  if (indicator.kind === 'errors') {
    const share = (level.settled - level.ok) / Math.max(1, level.settled);
    return share > objective.limit ? `${objective.text}: ${inPercent(share)} failed` : null;
  }
  if (indicator.kind === 'max') {
    const index = limitIndex(limits, objective) ?? 0;
    const over = ((lag === 'response' ? level.over : level.overLessLag)[index] ?? 0) + level.settled - level.ok;
    return over > 0 ? `${objective.text}: ${over} over` : null;
  }
  if (indicator.kind !== 'latency') return null;
  const question = latencyQuestion(objective, indicator, limits);
  const over = lag === 'response' ? question.over(level) : question.overLessLag(level);
  const n = question.of(level);
  const verdict = over > question.rule.allowed * n * (1 + 1e-9);
  return verdict ? `${objective.text}: ${inPercent(over / n)} over` : null;
}

/** The objective that a breakpoint cell is judged by when none is written: its first level holds. */
export function firstLevelHolds(cell: Cell): Objective | null {
  const first = cell.phases.find(({ purpose }) => purpose === 'measure');
  if (first?.load.kind !== 'open') return null;
  const limit = startingRate(first.load.profile);
  return {
    text: `held >= ${limit}/s`,
    indicator: { kind: 'held' },
    comparison: '>=',
    limit,
    overNs: null,
    abort: false,
    confidence: 0.99,
  };
}

/** `held`: the rate of the highest level that held, a fact of the run. */
export function judgeHeld(
  objective: Objective,
  cell: Cell,
  views: readonly TrialView[],
  limits: readonly LatencyLimit[],
): Judgement {
  const found = breakpointOf(cell, views, limits, 'response');
  const lessLag = breakpointOf(cell, views, limits, 'less-lag');
  if (found === null || lessLag === null) return nothingToJudge(objective.text);
  const decide = (held: number) => (keeps(objective, held) ? 'pass' : 'fail');
  const basis = {
    observed: observed(found.held),
    over: null,
    lessLag: decide(lessLag.held),
    byBounds: false,
  } as const;
  const why = found.broke === null ? 'no higher level was offered' : `${found.broke.name} broke: ${found.broke.why}`;
  return judged(decide(found.held), basis, () => ({
    finding: {
      code: 'objective-missed',
      message: `${objective.text} is missed: ${found.held === 0 ? 'no level' : perSecond(found.held)} held; ${why}.`,
      hint: 'Each level stands as a phase of the trial with its own figures.',
    },
  }));
}
