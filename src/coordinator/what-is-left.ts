import type { Plan } from '../campaign/plan.ts';
import type { TrialEvidence } from '../verdict/evidence.ts';
import { judgeTrial } from '../verdict/judge-trial.ts';
import type { TrialRef } from './events.ts';
import type { RunEvidence } from './evidence.ts';
import { type Continuation, cellAt } from './fleet-plan.ts';

/**
 * The trials that a run still owes, in the plan's order: those that were never begun, those whose last attempt was cut
 * off (it keeps its place, the next attempt takes its turn), and invalid ones that may be repeated still. A cell of which
 * a trial was aborted owes no further ones.
 */
export function whatIsLeft(plan: Plan, evidence: RunEvidence): readonly Continuation[] {
  const aborted = new Set(evidence.trials.filter((trial) => isAborted(plan, trial)).map(({ cell }) => cell));
  return plan.order.flatMap(({ cell, trial }) => {
    const attempts = evidence.trials.filter((other) => other.cell === cell && other.trial === trial);
    if (attempts.length === 0 && aborted.has(cell)) return [];
    const settled = attempts.filter((attempt) => !evidence.unsettled.some((ref) => isSame(ref, attempt)));
    if (settled.some((attempt) => !isInvalid(plan, attempt)) || settled.length > plan.retryInvalid) return [];
    const last = attempts.reduce((most, { attempt }) => Math.max(most, attempt), 0);
    return [{ cell, trial, attempt: last + 1, retries: settled.length }];
  });
}

/** An abort that the harness brought about says nothing of the target. */
const isAborted = (plan: Plan, evidence: TrialEvidence): boolean =>
  evidence.stop?.cause === 'abort' && !isInvalid(plan, evidence);

const isInvalid = (plan: Plan, evidence: TrialEvidence): boolean =>
  judgeTrial(cellAt(plan, evidence.cell), evidence, (agent) => `agent-${agent}`).verdict.kind === 'invalid';

const isSame = (a: TrialRef, b: TrialRef): boolean =>
  a.cell === b.cell && a.trial === b.trial && a.attempt === b.attempt;
