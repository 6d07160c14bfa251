import type { Cell } from '../campaign/plan.ts';
import type { NonEmpty } from '../scenarios/phase.ts';
import type { TrialEvidence } from './evidence.ts';
import { type JudgedObjective, judgeObjectives, withoutBounds } from './judge-objective.ts';
import { notContradicted } from './looks/contradiction.ts';
import { cellForLooks, decidingView, endedAtLook } from './looks/look-view.ts';
import { atBestUndecided, driftOf } from './not-stationary.ts';
import { type Decision, gravest } from './share-rule.ts';
import { type SlotFilter, trialView } from './trial-view.ts';
import { withoutStolenSeconds } from './validity/host.ts';
import type { Reason, Verdict } from './verdict.ts';

/** What sound evidence says: of one trial, or of the valid trials of a cell together. */
export interface Judged {
  readonly objectives: readonly JudgedObjective[];
  readonly decision: Decision;
  /** Why it is not a pass. */
  readonly reasons: readonly Reason[];
}

/**
 * Judges the objectives of a cell on trials together. All must pass for a pass and one fail fails. When leaving out the
 * seconds in which the host took the CPU away turns a pass into a fail or the other way round, nothing is decided.
 * What rests on a phase that did not stay as it was does not pass. A trial that a look ended is decided by what that look
 * saw, and nothing that ran until its stop may contradict it.
 */
export function judgeTogether(planned: Cell, trials: readonly TrialEvidence[], where: string): Judged {
  const cell = cellForLooks(planned, trials);
  const drift = driftOf(
    cell,
    trials.flatMap((trial) => (endedAtLook(trial) ? [decidingView(cell, trial)] : []).concat(trialView(cell, trial))),
    where,
  );
  const judged = judgeInQuiet(cell, trials, where);
  if (drift === null) return judged;
  const objectives = judged.objectives.map((objective) => atBestUndecided(objective, drift));
  if (judged.decision === 'fail') return { ...judged, objectives };
  const others = judged.reasons.filter(({ code }) => code !== 'not-stationary');
  return { objectives, decision: 'inconclusive', reasons: [drift.reason, ...others] };
}

function judgeInQuiet(cell: Cell, trials: readonly TrialEvidence[], where: string): Judged {
  const objectives = withAllThatRan(cell, trials, judgedBothWays(cell, trials, [], where), where);
  const decision = decisionOf(objectives);
  const quiet = quietDecision(cell, trials, objectives, where);
  if (quiet !== null && isFlip(decision, quiet)) {
    return { objectives, decision: 'inconclusive', reasons: [hostNoise(decision, quiet, where)] };
  }
  const reasons = objectives.flatMap(({ decides, result }) =>
    decides && result.verdict === decision && result.reason !== null ? [result.reason] : [],
  );
  return { objectives, decision, reasons };
}

/**
 * Judges the objectives; where the trials leave open what some requests count as, once with all of them over and once
 * with all of them under, of which only what both say is decided. `keep`: which slots of each trial stay in.
 */
function judgedBothWays(
  cell: Cell,
  trials: readonly TrialEvidence[],
  keep: readonly (SlotFilter | null)[],
  where: string,
): readonly JudgedObjective[] {
  const judge = (all: readonly TrialEvidence[]): readonly JudgedObjective[] =>
    judgeObjectives(
      cell,
      all.map((trial, index) => decidingView(cell, trial, keep[index] ?? undefined)),
      where,
    );
  const asOver = judge(trials);
  if (trials.every(({ slotsAsUnder }) => slotsAsUnder === undefined)) return asOver;
  const asUnder = judge(trials.map((trial) => ({ ...trial, slots: trial.slotsAsUnder ?? trial.slots })));
  return asOver.map((objective, index) => surelyDecided(objective, asUnder[index] ?? objective, where));
}

/** Figures of all that ran; what a look decided stands as far as they do not contradict it. */
function withAllThatRan(
  cell: Cell,
  trials: readonly TrialEvidence[],
  decided: readonly JudgedObjective[],
  where: string,
): readonly JudgedObjective[] {
  if (!trials.some(endedAtLook)) return decided;
  const views = trials.map((trial) => trialView(cell, trial));
  const figures = judgeObjectives(cell, views, where);
  const facts = judgeObjectives(cell, views.map(withoutBounds), where);
  return decided.map((objective, index) => notContradicted(objective, figures[index], facts[index], where));
}

/** Passes only what passes as over, fails only what fails as under. */
function surelyDecided(asOver: JudgedObjective, asUnder: JudgedObjective, where: string): JudgedObjective {
  if (asOver.decision === asUnder.decision) return asOver;
  const open = [asOver, asUnder].find(({ decision }) => decision === 'inconclusive');
  if (open !== undefined) return { ...open, lessLag: 'inconclusive' };
  const { result } = asOver;
  const reason: Reason = {
    code: 'limit-not-counted',
    where,
    message: `${result.objective} cannot be told: it depends on requests in the limit's own bucket, which the run did not count against this limit.`,
    hint: 'Choose a limit of the plan, or run again with this objective.',
  };
  const undecided = { ...result, verdict: 'inconclusive', needs: null, blindToRarerThanS: null, reason } as const;
  return { ...asOver, decision: 'inconclusive', lessLag: 'inconclusive', result: undecided };
}

const decisionOf = (objectives: readonly JudgedObjective[]): Decision =>
  gravest(objectives.filter(({ decides }) => decides).map(({ decision }) => decision));

/**
 * The decision without the seconds that the host took away; null when there are none. A recovery is a stretch of time:
 * seconds cannot be left out of it, so it stands as found.
 */
function quietDecision(
  cell: Cell,
  trials: readonly TrialEvidence[],
  found: readonly JudgedObjective[],
  where: string,
): Decision | null {
  const filters = trials.map((trial) => withoutStolenSeconds(decidingView(cell, trial)));
  if (filters.every((filter) => filter === null)) return null;
  const without = judgedBothWays(cell, trials, filters, where);
  return decisionOf(
    without.map((objective, index) =>
      objective.result.indicator === 'recovery' ? (found[index] ?? objective) : objective,
    ),
  );
}

const isFlip = (a: Decision, b: Decision): boolean => a !== b && a !== 'inconclusive' && b !== 'inconclusive';

const hostNoise = (withNoise: Decision, without: Decision, where: string): Reason => ({
  code: 'host-noise',
  where,
  message: `The verdict is ${withNoise}, and ${without} without the seconds in which the host took more than 5 % of the CPU time.`,
  hint: 'Run again on a dedicated or a quieter machine.',
});

/** A verdict from a decision, its reasons and cautions. */
export function verdictFrom(
  kind: Decision | 'invalid',
  reasons: readonly Reason[],
  cautions: readonly Reason[],
): Verdict {
  if (kind === 'pass') return { kind, reasons: [], cautions };
  return { kind, reasons: nonEmpty(reasons), cautions };
}

function nonEmpty(reasons: readonly Reason[]): NonEmpty<Reason> {
  const [first, ...others] = reasons;
  if (first === undefined) throw new Error('a verdict other than pass without a reason');
  return [first, ...others];
}
