import type { Estimate } from '../stats/estimate.ts';
import type { Decision } from './share-rule.ts';
import type { ReasonCode } from './verdict.ts';

/** Why an objective was missed or left open: a reason without its place. */
export interface Finding {
  readonly code: ReasonCode;
  readonly message: string;
  readonly hint: string;
}

/** What was found on one objective, over the phases that are judged together. */
export type Judgement = Decided | Undecided;

interface Found {
  readonly observed: Estimate;
  readonly over: { readonly count: number; readonly of: number } | null;
  /** The decision on response - lag; that on response itself where lag has no part. */
  readonly lessLag: Decision;
  /** Bounds decided, not a fact of the run. */
  readonly byBounds: boolean;
}

export interface Decided extends Found {
  readonly decision: 'pass';
}

export interface Undecided extends Found {
  readonly decision: 'fail' | 'inconclusive';
  readonly finding: Finding;
  readonly needs: Needs | null;
}

/** What it would take to decide. */
export interface Needs {
  readonly requests: number;
  readonly seconds: number;
}

/** A judgement from its parts: `missed` is asked only where the objective did not pass. */
export function judged(
  decision: Decision,
  found: Found,
  missed: (decision: 'fail' | 'inconclusive') => { readonly finding: Finding; readonly needs?: Needs | null },
): Judgement {
  if (decision === 'pass') return { ...found, decision };
  const { finding, needs } = missed(decision);
  return { ...found, decision, finding, needs: needs ?? null };
}

/** Nothing was scheduled that could be judged. */
export const nothingToJudge = (text: string): Judgement => ({
  decision: 'inconclusive',
  observed: { value: null, reason: 'too-few-samples', needs: 1 },
  over: null,
  lessLag: 'inconclusive',
  byBounds: false,
  needs: null,
  finding: {
    code: 'needs-more-requests',
    message: `${text} cannot be told: no request of a measure phase was there to judge.`,
    hint: 'Let the measure phases run.',
  },
});
