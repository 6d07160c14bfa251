import type { Plan } from '../campaign/plan.ts';
import type { LevelFinding } from '../stats/peak/level.ts';
import { nextStep } from '../stats/peak/search.ts';
import type { TrialEvidence } from '../verdict/evidence.ts';
import { judgeTrial } from '../verdict/judge-trial.ts';
import { levelFinding } from '../verdict/peak/level-finding.ts';
import type { RunEvidence } from './evidence.ts';
import { type Continuation, cellAt } from './fleet-plan.ts';
import { type FoundOut, searchesOf } from './searches.ts';
import { isSameAttempt, type TrialRef } from './trial-ref.ts';

/**
 * The trials that a run still owes, in the plan's order: those that were never begun, those whose last attempt was cut
 * off (it keeps its place, the next attempt takes its turn), and invalid ones that may be repeated still. A cell of which
 * a trial was aborted owes no further ones, a search that has ended no further levels, and a cell whose rates are shares
 * of a peak that was not found nothing.
 */
export function whatIsLeft(plan: Plan, evidence: RunEvidence): readonly Continuation[] {
  const aborted = new Set(evidence.trials.filter((trial) => isAborted(plan, trial)).map(({ cell }) => cell));
  const needless = needlessTrials(plan, evidence);
  return plan.order.flatMap(({ cell, trial }) => {
    if (needless({ cell, trial })) return [];
    const attempts = evidence.trials.filter((other) => other.cell === cell && other.trial === trial);
    if (attempts.length === 0 && aborted.has(cell)) return [];
    const settled = attempts.filter((attempt) => !evidence.unsettled.some((ref) => isSameAttempt(ref, attempt)));
    if (settled.some((attempt) => !isInvalid(plan, attempt)) || settled.length > plan.retryInvalid) return [];
    const last = attempts.reduce((most, { attempt }) => Math.max(most, attempt), 0);
    return [{ cell, trial, attempt: last + 1, retries: settled.length }];
  });
}

/** What the levels of every search showed so far, and the loads that are known. */
export function foundOut(plan: Plan, evidence: RunEvidence): FoundOut {
  const levels = plan.cells.flatMap(({ open }, cell) =>
    open?.kind === 'search' ? [[cell, levelsOf(plan, evidence, cell)] as const] : [],
  );
  return { settled: evidence.settled, levels: new Map(levels) };
}

function needlessTrials(plan: Plan, evidence: RunEvidence): (ref: Omit<TrialRef, 'attempt'>) => boolean {
  const known = foundOut(plan, evidence);
  const searches = searchesOf(plan, known);
  return ({ cell, trial }) => {
    const open = plan.cells[cell]?.open;
    const course = searches.get(open?.kind === 'of-peak' ? open.peak : cell);
    const step = course === undefined ? null : nextStep(course.search, course.found);
    if (open === undefined || course === undefined || step === null) return false;
    if (open.kind === 'of-peak') return step.kind === 'ended' && step.ending.kind !== 'found';
    return step.kind === 'ended' || trial <= course.found.length;
  };
}

/** In the order in which they were measured, up to the first that is to be measured still or again. */
function levelsOf(plan: Plan, evidence: RunEvidence, cell: number): readonly LevelFinding[] {
  const found: LevelFinding[] = [];
  for (const { index } of cellAt(plan, cell).trials) {
    const settled = evidence.trials.filter(
      (attempt) =>
        attempt.cell === cell &&
        attempt.trial === index &&
        !evidence.unsettled.some((ref) => isSameAttempt(ref, attempt)),
    );
    const last = settled.at(-1);
    if (last === undefined) return found;
    const result = judgeTrial(cellAt(plan, cell), last, (agent) => `agent-${agent}`);
    if (result.verdict.kind === 'invalid' && settled.length <= plan.retryInvalid) return found;
    const level = levelFinding(cellAt(plan, cell), last, result);
    if (level === null) return found;
    found.push(level);
  }
  return found;
}

/** An abort that the harness brought about says nothing of the target. */
const isAborted = (plan: Plan, evidence: TrialEvidence): boolean =>
  evidence.stop?.cause === 'abort' && !isInvalid(plan, evidence);

const isInvalid = (plan: Plan, evidence: TrialEvidence): boolean =>
  judgeTrial(cellAt(plan, evidence.cell), evidence, (agent) => `agent-${agent}`).verdict.kind === 'invalid';
