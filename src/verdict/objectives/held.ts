import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import { startingRate } from '../../scenarios/profile.ts';
import { observed } from '../../stats/estimate.ts';
import type { LatencyLimit } from '../../stats/tally.ts';
import { partOfLevel, wholeLevel, whyBroken } from '../breakpoint/level-rule.ts';
import { type Judgement, judged, nothingToJudge } from '../judgement.ts';
import type { LagView } from '../lag-view.ts';
import { latencyLimits } from '../limits.ts';
import type { BreakpointResult } from '../trial-result.ts';
import type { TrialView } from '../trial-view.ts';
import { keeps, perSecond } from '../wording.ts';

/** How far a breakpoint scenario came, by facts of each level. */
export interface Breakpoint {
  /** Rate of the highest level that held before one broke; 0 when the first one broke. */
  readonly held: number;
  /** Index (into the cell's phases) of that level; of the first one when none held. */
  readonly level: number;
  /** The level that broke, and why; null when all that ran held. */
  readonly broke: { readonly name: string; readonly why: string } | null;
}

/**
 * Walks the levels in order up to the first that breaks ({@link whyBroken}). Of several trials the one that came least far
 * decides: each of them ended at its own. Null: no level ran to its end, and none broke.
 */
export function breakpointOf(
  cell: Cell,
  views: readonly TrialView[],
  limits: readonly LatencyLimit[],
  lag: LagView,
): Breakpoint | null {
  const found = views.map((view) => breakpointOfTrial(cell, view, limits, lag)).filter((point) => point !== null);
  const [first, ...others] = found;
  return first === undefined ? null : others.reduce((least, next) => (isLess(next, least) ? next : least), first);
}

const isLess = (a: Breakpoint, b: Breakpoint): boolean =>
  a.held < b.held || (a.held === b.held && a.broke !== null && b.broke === null);

function breakpointOfTrial(
  cell: Cell,
  view: TrialView,
  limits: readonly LatencyLimit[],
  lag: LagView,
): Breakpoint | null {
  let found: Breakpoint | null = null;
  for (const part of view.phases) {
    const { index, phase, complete, whole } = part;
    if (phase.load.kind !== 'open') continue;
    const level = complete ? wholeLevel(whole) : partOfLevel(whole, phase.load.count);
    const why = whyBroken(cell.objectives, level, limits, lag);
    if (why !== null) return { held: 0, level: index, ...found, broke: { name: phase.name, why } };
    if (!complete) return found;
    found = { held: startingRate(phase.load.profile), level: index, broke: null };
  }
  return found;
}

/** How far a breakpoint cell came, as it stands in results; null for other cells, and when no level ran to its end. */
export function breakpointResult(cell: Cell, views: readonly TrialView[]): BreakpointResult | null {
  if (cell.judgedBy !== 'breakpoint') return null;
  const point = breakpointOf(cell, views, latencyLimits(cell.objectives), 'response');
  if (point === null) return null;
  return { held: point.held, broke: point.broke === null ? null : { level: point.broke.name, why: point.broke.why } };
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
