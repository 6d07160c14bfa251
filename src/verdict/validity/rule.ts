import type { Cell } from '../../campaign/plan.ts';
import type { AgentEvidence, TrialEvidence } from '../evidence.ts';
import type { JudgedObjective } from '../judge-objective.ts';
import type { TrialView } from '../trial-view.ts';
import type { Reason, ReasonCode } from '../verdict.ts';

/** A trial whose instrument is examined. */
export interface Examined {
  readonly cell: Cell;
  readonly evidence: TrialEvidence;
  readonly view: TrialView;
  readonly judged: readonly JudgedObjective[];
  /** Agent index to name. */
  readonly names: (agent: number) => string;
  /** The trial, as it stands in sentences. */
  readonly where: string;
}

/** Something wrong with the instrument. `invalid`: the measurement is not to be trusted. `caution`: worth saying. */
export interface Flaw {
  readonly severity: 'invalid' | 'caution';
  readonly reason: Reason;
}

export type Rule = (trial: Examined) => readonly Flaw[];

export const flaw = (
  severity: Flaw['severity'],
  code: ReasonCode,
  where: string,
  message: string,
  hint: string,
): Flaw => ({ severity, reason: { code, where, message, hint } });

/** `invalid` above the second bound, `caution` above the first, else null. */
export function severityOf(value: number, cautionAbove: number, invalidAbove: number): Flaw['severity'] | null {
  if (value > invalidAbove) return 'invalid';
  return value > cautionAbove ? 'caution' : null;
}

/** The agent with the largest value; null without agents. */
export function worstAgent(
  agents: readonly AgentEvidence[],
  value: (agent: AgentEvidence) => number,
): { readonly agent: AgentEvidence; readonly value: number } | null {
  let worst: { readonly agent: AgentEvidence; readonly value: number } | null = null;
  for (const agent of agents) {
    const found = value(agent);
    if (worst === null || found > worst.value) worst = { agent, value: found };
  }
  return worst;
}

export const atAgent = (trial: Examined, agent: number): string => `${trial.where}, agent ${trial.names(agent)}`;

/** A dead runner or a lost agent leaves books that cannot add up: the loss is the reason, not the books. */
export const isCutOff = (evidence: TrialEvidence): boolean =>
  evidence.faults.length > 0 || evidence.stop?.cause === 'fault';
