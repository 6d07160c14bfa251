import { maxRate } from '../../scenarios/profile.ts';
import type { AgentEvidence } from '../evidence.ts';
import { requestsEach } from '../k6/part.ts';
import type { PhaseView } from '../phase-view.ts';
import { inPercent, perSecond } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, severityOf, worstAgent } from './rule.ts';

const CPU_CAUTION = 0.3;
const CPU_INVALID = 0.6;
/** Share of its calibrated ceiling above which an agent's rate is a caution. */
export const NEAR_CEILING = 0.7;

/** The harness's own CPU on the pacing threads, outside the target and without spinning, as a share of wall time. */
export function harnessCpu(trial: Examined): readonly Flaw[] {
  const worst = worstAgent(trial.evidence.agents, (agent) => pacingShare(agent) ?? 0);
  const severity = worst === null ? null : severityOf(worst.value, CPU_CAUTION, CPU_INVALID);
  if (worst === null || severity === null) return [];
  return [
    flaw(
      severity,
      'harness-cpu',
      atAgent(trial, worst.agent.agent),
      `The harness's own work took ${inPercent(worst.value)} of its pacing threads' time; above ${inPercent(CPU_INVALID)} a measurement is invalid.`,
      'Lower the rate per agent: more agents, or more workers per agent.',
    ),
  ];
}

/** CPU seconds per wall second of the pacing threads; null when nothing was sampled. */
export const pacingShare = ({ pacingCpuS, pacingWallS }: AgentEvidence): number | null =>
  pacingWallS > 0 ? pacingCpuS / pacingWallS : null;

/** An agent's rate against what its calibration reached. */
export function nearCeiling(trial: Examined): readonly Flaw[] {
  const used = (agent: AgentEvidence): number =>
    agent.ceilingPerSecond === null || agent.ceilingPerSecond <= 0
      ? 0
      : highestRate(trial, agent) / agent.ceilingPerSecond;
  const worst = worstAgent(trial.evidence.agents, used);
  if (worst === null || worst.value <= NEAR_CEILING) return [];
  const { agent, value } = worst;
  return [
    flaw(
      'caution',
      'near-ceiling',
      atAgent(trial, agent.agent),
      `It offered up to ${perSecond(highestRate(trial, agent))}, ${inPercent(value)} of the ${perSecond(agent.ceilingPerSecond ?? 0)} that its calibration reached.`,
      'Use more agents, so that each stays below 70 % of its ceiling.',
    ),
  ];
}

/** The highest rate of requests of any measure phase: planned on a schedule, started on a closed loop. */
function highestRate({ view, cell, evidence }: Examined, agent: AgentEvidence): number {
  const each = evidence.k6 === undefined ? 1 : requestsEach(evidence.k6.parts);
  const rateOf = ({ phase, index, durationS }: PhaseView): number => {
    switch (phase.load.kind) {
      case 'open':
        return maxRate(phase.load.profile) / cell.agents;
      case 'trace':
        return phase.load.highest / cell.agents;
      default:
        return durationS > 0 ? (agent.started[index] ?? 0) / durationS : 0;
    }
  };
  return each * Math.max(0, ...view.phases.map(rateOf));
}

/** A calibration whose known answers came out wrong, or none at all. */
export function calibrationFailed(trial: Examined): readonly Flaw[] {
  return trial.evidence.agents
    .filter((agent) => !agent.calibrationOk)
    .map((agent) =>
      flaw(
        'caution',
        'calibration-failed',
        atAgent(trial, agent.agent),
        agent.ceilingPerSecond === null
          ? 'There is no calibration of this agent: what the harness itself can do here is unknown.'
          : 'The calibration of this agent did not reproduce its known answers.',
        'Run again on a quiet node, which calibrates anew, and look at the checks in calibration.json.',
      ),
    );
}
