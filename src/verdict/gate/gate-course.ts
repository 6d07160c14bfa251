import type { GatePair } from './pair.ts';
import { confirmStep, type GateQuestion, type GateStep, gateStep } from './step.ts';

/** Pairs that were run together. `confirm`: to see whether a fail holds. */
export interface GateStage<P = readonly GatePair[]> {
  readonly purpose: 'look' | 'confirm';
  readonly pairs: P;
}

export type GateCourse =
  | { readonly kind: 'run'; readonly stage: GateStage<number> }
  | { readonly kind: 'decided'; readonly step: Exclude<GateStep, { kind: 'more' }> };

/** What comes after these stages: more pairs, a repetition, or the verdict. */
export function gateCourse(question: GateQuestion, stages: readonly GateStage[]): GateCourse {
  const pairs = stages.filter(({ purpose }) => purpose === 'look').flatMap((stage) => stage.pairs);
  const step = gateStep(question, pairs);
  if (step.kind === 'more') return { kind: 'run', stage: { purpose: 'look', pairs: step.pairs - pairs.length } };
  if (step.kind !== 'fail' || question.policy.confirm === 'none') return { kind: 'decided', step };
  const again = stages.find(({ purpose }) => purpose === 'confirm');
  if (again === undefined) {
    return { kind: 'run', stage: { purpose: 'confirm', pairs: question.policy.looks[0] ?? pairs.length } };
  }
  const confirmed = confirmStep(question, step, again.pairs);
  if (confirmed.kind === 'more') throw new Error('a repetition asked for more pairs');
  return { kind: 'decided', step: confirmed };
}
