import type { AgentEvidence, TrialEvidence } from '../evidence.ts';
import { counted, digits } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, isCutOff } from './rule.ts';

const BOOKS_RELATIVE = 1e-3;
/** Rounding of instants at the edges of intervals, request-seconds. */
const BOOKS_EDGE_S = 1e-3;
const BOOKS_EDGE_PER_REQUEST_S = 1e-6;

const OWN_FAULT_HINT = 'This is a fault of the harness, not of the target: please report it with the results folder.';

/** Every second of every agent up to the stop instant must be there. */
export function intervalLost(trial: Examined): readonly Flaw[] {
  return trial.evidence.agents
    .filter(({ missingIntervals }) => missingIntervals > 0)
    .map(({ agent, missingIntervals }) =>
      flaw(
        'invalid',
        'interval-lost',
        atAgent(trial, agent),
        `${counted(missingIntervals, 'second')} of this agent never arrived.`,
        'Look at the agent and the network between it and the coordinator, then run again.',
      ),
    );
}

/**
 * Out of credit an agent merges seconds: every sum is exact, and what happened in which of them is not known any more. An
 * objective over a window, and a trial that may end early, are judged by seconds.
 */
export function coarseSeconds(trial: Examined): readonly Flaw[] {
  const { cell, evidence } = trial;
  const isJudgedBySeconds = cell.objectives.some(({ overNs }) => overNs !== null) || cell.stop === 'early';
  return evidence.agents
    .filter((agent) => agent.coarseSeconds > 0)
    .map((agent) =>
      flaw(
        isJudgedBySeconds ? 'invalid' : 'caution',
        'coarse-seconds',
        atAgent(trial, agent.agent),
        `${counted(agent.coarseSeconds, 'second')} of this agent came merged with others, since the coordinator acknowledged too slowly: their sums are exact, their course is not known.`,
        'Look for a slow disk below the results folder, a busy coordinator, or a narrow network to it.',
      ),
    );
}

/** scheduled = recorded: planned, offered and settled arrivals agree, per agent and phase and in total. */
export function accountingBroken(trial: Examined): readonly Flaw[] {
  const { evidence, where } = trial;
  if (isCutOff(evidence)) return [];
  const broken = (place: string, message: string) =>
    flaw('invalid', 'accounting-broken', place, message, OWN_FAULT_HINT);
  const perAgent = evidence.agents.flatMap((agent) => {
    const message = imbalanceOf(agent, trial);
    return message === null ? [] : [broken(atAgent(trial, agent.agent), message)];
  });
  const total = fleetImbalance(evidence, trial);
  return total === null ? perAgent : [...perAgent, broken(where, total)];
}

function imbalanceOf(agent: AgentEvidence, { cell }: Examined): string | null {
  for (const [index, phase] of cell.phases.entries()) {
    const planned = agent.planned[index] ?? null;
    const offered = agent.offered[index] ?? 0;
    const tally = agent.phases[index];
    const settled = tally?.settled ?? 0;
    if (planned !== null && planned !== offered) {
      return `In phase ${phase.name} ${planned} arrivals were planned and ${offered} offered.`;
    }
    if (offered !== settled) return `In phase ${phase.name} ${offered} arrivals were offered and ${settled} settled.`;
    if (tally !== undefined && (tally.response.total !== tally.ok || tally.lag.total !== tally.started)) {
      return `In phase ${phase.name} ${tally.ok} requests were ok and ${tally.started} started, the histograms hold ${tally.response.total} and ${tally.lag.total}.`;
    }
  }
  return null;
}

function fleetImbalance(evidence: TrialEvidence, { cell }: Examined): string | null {
  for (const [index, phase] of cell.phases.entries()) {
    const bySlot = (evidence.slots[index] ?? []).reduce((sum, tally) => sum + tally.settled, 0);
    const byAgent = evidence.agents.reduce((sum, agent) => sum + (agent.phases[index]?.settled ?? 0), 0);
    if (bySlot !== byAgent)
      return `In phase ${phase.name} the slots hold ${bySlot} requests and the agents ${byAgent}.`;
  }
  return null;
}

/** Little's law as bookkeeping: the integral of in-flight over time is the sum of response times. */
export function bookkeepingBroken(trial: Examined): readonly Flaw[] {
  if (isCutOff(trial.evidence)) return [];
  return trial.evidence.agents.flatMap((agent) => {
    const { inFlightS, settledS } = agent;
    const settled = agent.phases.reduce((sum, tally) => sum + tally.settled, 0);
    const edge = BOOKS_EDGE_S + BOOKS_EDGE_PER_REQUEST_S * settled;
    if (Math.abs(inFlightS - settledS) <= BOOKS_RELATIVE * Math.max(inFlightS, settledS) + edge) return [];
    const message = `In flight over time comes to ${digits(inFlightS)} request-seconds, the response times to ${digits(settledS)}.`;
    return [flaw('invalid', 'bookkeeping-broken', atAgent(trial, agent.agent), message, OWN_FAULT_HINT)];
  });
}
