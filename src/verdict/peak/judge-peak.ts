import type { Objective } from '../../campaign/objective.ts';
import type { Cell } from '../../campaign/plan.ts';
import { bindingOf, curvesOf } from '../../stats/peak/curves.ts';
import type { LevelFinding } from '../../stats/peak/level.ts';
import { curvesFound, type Ending, nextStep, type Peak, type Search, type Step } from '../../stats/peak/search.ts';
import { asRun } from '../as-run.ts';
import { batchOf, judgeByFacts } from '../judge-objective.ts';
import type { ObjectiveResult } from '../objective-result.ts';
import { type Decision, gravest } from '../share-rule.ts';
import { trialView } from '../trial-view.ts';
import type { Reason } from '../verdict.ts';
import { perSecond } from '../wording.ts';
import type { PeakResult } from './found.ts';
import { type LevelTrial, levelFinding, type PeakView } from './level-finding.ts';
import { peakLimits, searchOf } from './limits.ts';
import { peakResult } from './peak-result.ts';
import { judgePeakRate } from './rate-objective.ts';
import { hintFor, whyNoPeak } from './wording.ts';

export interface JudgedPeak {
  readonly peak: PeakResult;
  readonly objectives: readonly ObjectiveResult[];
  /** Null: the search did not end. */
  readonly verdict: { readonly kind: Decision | 'invalid'; readonly reasons: readonly Reason[] } | null;
}

/** Judges a search for a peak on the last attempts of its trials, in their order. */
export function judgePeak(cell: Cell, trials: readonly LevelTrial[]): JudgedPeak {
  // The seed decides only which level comes next, and here none does.
  const search = searchOf({ seed: '0' }, cell);
  if (search === null) throw new Error(`${cell.id}: judged as a search for a peak, which it is not`);
  const found = findingsOf(cell, trials, 'response');
  const step = nextStep(search, found);
  const objectives = objectivesAt(cell, trials, peakIn(step));
  return {
    peak: peakResult(cell, trials, step, curvesFound(search, found)),
    objectives,
    verdict: step.kind === 'level' ? null : verdictOf({ cell, search, trials, found, objectives }, step.ending),
  };
}

function findingsOf(cell: Cell, trials: readonly LevelTrial[], by: PeakView): readonly LevelFinding[] {
  return trials.flatMap(({ evidence, result }) => levelFinding(cell, evidence, result, by) ?? []);
}

const peakIn = (step: Step): Peak | null =>
  step.kind === 'ended' && (step.ending.kind === 'found' || step.ending.kind === 'not-confirmed')
    ? step.ending.peak
    : null;

interface Basis {
  readonly cell: Cell;
  readonly search: Search;
  readonly trials: readonly LevelTrial[];
  readonly found: readonly LevelFinding[];
  readonly objectives: readonly ObjectiveResult[];
}

function verdictOf(basis: Basis, ending: Ending): NonNullable<JudgedPeak['verdict']> {
  const { cell, trials, objectives } = basis;
  if (ending.kind !== 'found') return withoutPeak(cell, trials, ending);
  const byLag = lagDecides(basis, ending.peak);
  if (byLag !== null) return { kind: 'invalid', reasons: [byLag] };
  const rates = objectives.filter(({ unit }) => unit === '/s');
  const kind = gravest(rates.map(({ verdict }) => (verdict === 'invalid' ? 'inconclusive' : verdict)));
  const reasons = rates.flatMap(({ verdict, reason }) => (verdict === kind && reason !== null ? [reason] : []));
  return { kind, reasons };
}

/** A search without a peak is undecided, unless what it met is a verdict of its own: a useless level, a first level that fails. */
function withoutPeak(
  cell: Cell,
  trials: readonly LevelTrial[],
  ending: Exclude<Ending, { readonly kind: 'found' }>,
): NonNullable<JudgedPeak['verdict']> {
  const last = trials.at(-1)?.result.verdict;
  if (ending.kind === 'useless-level' && last !== undefined && last.kind !== 'pass') {
    return { kind: last.kind === 'invalid' ? 'invalid' : 'inconclusive', reasons: last.reasons };
  }
  const texts = peakLimits(cell.objectives).map(({ text }) => text);
  const reason: Reason = {
    code: ending.kind === 'not-confirmed' ? 'peak-not-confirmed' : 'peak-not-found',
    where: cell.id,
    message: `No maximum rate can be told: ${whyNoPeak(ending, texts)}.`,
    hint: hintFor(ending),
  };
  const fails = ending.kind === 'below-from' && last?.kind === 'fail';
  return { kind: fails ? 'fail' : 'inconclusive', reasons: fails ? [reason, ...last.reasons] : [reason] };
}

/** The peak without the harness's own lag must lie within the interval of the peak, or the harness was measured. */
function lagDecides({ cell, search, trials, found }: Basis, peak: Peak): Reason | null {
  const lessLag = findingsOf(cell, trials, 'less-lag');
  const fitted = lessLag.filter((level) => level.kind === 'measured').filter(({ stage }) => stage === 'fit');
  const binding = bindingOf(curvesOf(fitted, search.allowed), search.allowed);
  const without = binding.kind === 'binds' ? binding.crossing.value : null;
  if (found.length === 0 || (without !== null && peak.low <= without && without <= peak.high)) return null;
  return {
    code: 'generator-decides',
    where: cell.id,
    message: `The maximum rate is ${perSecond(peak.value)} on response time and ${without === null ? 'none' : perSecond(without)} without the harness's own lag, outside the interval of the first.`,
    hint: 'Use fewer workers than cores, or more agents; keep other work off the node.',
  };
}

/** Rates by the bounds of the peak, everything else as the levels at its lower bound show it together: facts of the run. */
function objectivesAt(cell: Cell, trials: readonly LevelTrial[], peak: Peak | null): readonly ObjectiveResult[] {
  const confirming = trials.filter(
    ({ evidence, result }) =>
      evidence.settled?.came.kind === 'level' &&
      evidence.settled.came.level.stage === 'confirm' &&
      result.verdict.kind !== 'invalid',
  );
  const [first] = confirming;
  const own = first === undefined ? cell : asRun(cell, first.evidence);
  const views = confirming.map(({ evidence }) => trialView(cell, evidence));
  return cell.objectives.map((objective) =>
    isRate(objective)
      ? judgePeakRate(objective, { where: cell.id, peak, views, batch: batchOf(own) })
      : atLowerBound(judgeByFacts(objective, own, views, CONFIRMED, cell.id), confirming.length),
  );
}

/** Without levels there nothing is known of an objective at the peak. */
const atLowerBound = (result: ObjectiveResult, levels: number): ObjectiveResult =>
  levels > 0 ? result : { ...result, observed: { value: null, reason: 'not-found' }, phase: null };

const CONFIRMED = 'the lower bound';

const isRate = ({ indicator: { kind } }: Objective): boolean =>
  kind === 'throughput' || kind === 'goodput' || kind === 'samples';
