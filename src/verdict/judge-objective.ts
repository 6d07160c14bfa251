import type { Indicator, Objective } from '../campaign/objective.ts';
import { OBSERVED } from '../campaign/observed-indicator.ts';
import type { Cell } from '../campaign/plan.ts';
import { infersPerRequest } from '../scenarios/phase.ts';
import { NS_PER_MS, NS_PER_S } from '../time/ns.ts';
import type { JudgedObjective } from './judged-objective.ts';
import type { Judgement } from './judgement.ts';
import { judgePart } from './k6/judge-part.ts';
import { scriptVerdict } from './k6/script-verdict.ts';
import { latencyLimits } from './limits.ts';
import type { ObjectiveResult } from './objective-result.ts';
import { judgeErrors } from './objectives/errors.ts';
import { breakpointOf, firstLevelHolds, judgeHeld } from './objectives/held.ts';
import { judgeInTime } from './objectives/in-time.ts';
import { judgeLargest } from './objectives/largest.ts';
import { judgeLatency } from './objectives/latency.ts';
import { judgeEnergy, judgeObserved } from './objectives/observed.ts';
import { judgeRate } from './objectives/rate.ts';
import { judgeRecovery } from './objectives/recovery.ts';
import { judgeWindows } from './objectives/windows.ts';
import { DECISIONS, type Decision } from './share-rule.ts';
import { durationOf, onlyPhase, type TrialView } from './trial-view.ts';
import { indicatorName } from './wording.ts';

export type { JudgedObjective } from './judged-objective.ts';

/** An event that happens at random once per T/4.6 stays unseen in T with probability 1 %. */
const BLIND_PART = 4.6;

/** Judges every objective of a cell on the trials together (of a level of a search those that one rate can tell); `where` names the place in sentences. */
export function judgeObjectives(cell: Cell, views: readonly TrialView[], where: string): readonly JudgedObjective[] {
  const begun = views.filter(({ phases }) => phases.length > 0);
  if (cell.judgedBy === 'breakpoint') return judgeBreakpoint(cell, begun, where);
  const askable =
    cell.judgedBy === 'peak' ? cell.objectives.filter(({ indicator }) => !isRate(indicator)) : cell.objectives;
  const asked = askable.map((objective) => {
    if (objective.overNs !== null) return judgeOverWindows(objective, cell, begun, where);
    const judge = (part: readonly TrialView[]) => judgeOn(objective, cell, part);
    if (cell.judgedBy !== 'level') return toResult(objective, judge(begun), begun, null, where, 'decides');
    return judgeLevels(objective, cell, begun, where);
  });
  return [...asked, ...scriptVerdict(cell, begun, where)];
}

/** One objective by what the trials show, without a claim beyond them; `phase`: what they are called in results. */
export const judgeByFacts = (
  objective: Objective,
  cell: Cell,
  views: readonly TrialView[],
  phase: string | null,
  where: string,
): ObjectiveResult =>
  toResult(objective, judgeOn(objective, cell, views, 'facts'), views, phase, where, 'decides').result;

/** Windows slide over all measure phases, whatever else is judged per level. */
function judgeOverWindows(
  objective: Objective,
  cell: Cell,
  views: readonly TrialView[],
  where: string,
): JudgedObjective {
  const { judgement, breach } = judgeWindows(objective, cell, views);
  const found = toResult(objective, judgement, views, null, where, 'decides');
  return { ...found, result: { ...found.result, window: breach } };
}

/** Per level, the gravest deciding and named; a rate at the lowest level. */
function judgeLevels(objective: Objective, cell: Cell, views: readonly TrialView[], where: string): JudgedObjective {
  const levels = isRate(objective.indicator) ? levelsOf(views).slice(0, 1) : levelsOf(views);
  const results = levels.map((index) => {
    const level = views.map((view) => onlyPhase(view, index));
    const name = cell.phases[index]?.name ?? null;
    return toResult(objective, judgeOn(objective, cell, level), level, name, where, 'decides');
  });
  const [first, ...others] = results;
  if (first === undefined) return toResult(objective, judgeOn(objective, cell, []), [], null, where, 'decides');
  const grave = (decision: Decision) => DECISIONS.indexOf(decision);
  const worst = others.reduce((a, b) => (grave(b.decision) > grave(a.decision) ? b : a), first);
  const lessLag = results.reduce((a, b) => (grave(b.lessLag) > grave(a.lessLag) ? b : a), first).lessLag;
  return { ...worst, lessLag };
}

/** The rate that held alone decides; the other objectives are shown at the highest level that held. */
function judgeBreakpoint(cell: Cell, views: readonly TrialView[], where: string): readonly JudgedObjective[] {
  const limits = latencyLimits(cell.objectives);
  const point = breakpointOf(cell, views, limits, 'response');
  const written = cell.objectives.some(({ indicator }) => indicator.kind === 'held');
  const implied = written ? null : firstLevelHolds(cell);
  const shownAt = point === null ? [] : views.map((view) => onlyPhase(view, point.level));
  const name = point === null ? null : (cell.phases[point.level]?.name ?? null);
  return [...cell.objectives, ...(implied === null ? [] : [implied])].map((objective) =>
    objective.indicator.kind === 'held'
      ? toResult(
          objective,
          judgeHeld(objective, cell, views, limits),
          views,
          point?.broke?.name ?? null,
          where,
          'decides',
        )
      : toResult(objective, judgeOn(objective, cell, shownAt, 'facts'), shownAt, name, where, 'is-shown'),
  );
}

function judgeOn(
  objective: Objective,
  cell: Cell,
  views: readonly TrialView[],
  by: 'bounds' | 'facts' = 'bounds',
): Judgement {
  const limits = latencyLimits(cell.objectives);
  const on = by === 'bounds' ? views : views.map(withoutBounds);
  const { indicator } = objective;
  switch (indicator.kind) {
    case 'latency':
      return judgeLatency(objective, indicator, on, limits);
    case 'part':
      return judgePart(
        objective,
        indicator,
        on.flatMap(({ k6 }) => k6?.parts ?? []),
      );
    case 'max':
      return judgeLargest(objective, on, limits);
    case 'throughput':
    case 'goodput':
    case 'samples':
      return on.every(({ sight }) => sight === 'all')
        ? judgeRate(objective, indicator.kind, on, batchOf(cell))
        : judgeInTime(objective, indicator.kind, on, batchOf(cell), limits.length);
    case 'errors':
      return judgeErrors(objective, on, limits.length);
    case 'recovery':
      return judgeRecovery(objective, indicator.toNs, on);
    case 'held':
      return judgeHeld(objective, cell, on, limits);
    case 'energy':
      return judgeEnergy(objective, on, batchOf(cell));
    case 'observed':
      return judgeObserved(objective, indicator, on);
  }
}

function toResult(
  objective: Objective,
  judgement: Judgement,
  views: readonly TrialView[],
  phase: string | null,
  where: string,
  role: 'decides' | 'is-shown',
): JudgedObjective {
  const { unit, per } = unitOf(objective.indicator);
  const missed = judgement.decision === 'pass' ? null : judgement;
  const place = phase === null ? where : `${where}, ${phase}`;
  return {
    decision: judgement.decision,
    lessLag: judgement.lessLag,
    byBounds: judgement.byBounds,
    decides: role === 'decides',
    result: {
      objective: objective.text,
      indicator: indicatorName(objective.indicator),
      limit: objective.limit / per,
      unit,
      observed: judgement.observed,
      over: judgement.over,
      verdict: judgement.decision,
      needs: missed?.needs ?? null,
      phase,
      window: null,
      blindToRarerThanS: missed === null ? durationOf(views) / BLIND_PART : null,
      reason: missed === null ? null : { ...missed.finding, where: place },
    },
  };
}

/** Unit of a limit in files, and how much of its base unit that is. */
function unitOf(indicator: Indicator): { readonly unit: ObjectiveResult['unit']; readonly per: number } {
  switch (indicator.kind) {
    case 'latency':
    case 'part':
    case 'max':
      return { unit: 'ms', per: NS_PER_MS };
    case 'recovery':
      return { unit: 's', per: NS_PER_S };
    case 'errors':
      return { unit: 'ratio', per: 1 };
    case 'energy':
      return { unit: 'J', per: 1 };
    case 'observed':
      return { unit: OBSERVED[indicator.quantity], per: 1 };
    default:
      return { unit: '/s', per: 1 };
  }
}

const isRate = ({ kind }: Indicator): boolean => kind === 'throughput' || kind === 'goodput' || kind === 'samples';

/** Indices of the levels that any trial began, in order. */
const levelsOf = (views: readonly TrialView[]): readonly number[] =>
  [...new Set(views.flatMap((view) => view.phases.map(({ index }) => index)))].sort((a, b) => a - b);

/** What it shows is a fact of the run. */
export const withoutBounds = (view: TrialView): TrialView => ({
  ...view,
  phases: view.phases.map((phase) => ({ ...phase, blocks: null })),
});

/** Samples per request: those of an inference, times the inferences of a request. */
export function batchOf(cell: Cell): number {
  const { batch } = cell.values;
  return (typeof batch === 'number' ? batch : 1) * infersPerRequest(cell.phases);
}
