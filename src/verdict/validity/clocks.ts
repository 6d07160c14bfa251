import { digits, inPercent } from '../wording.ts';
import { atAgent, type Examined, type Flaw, flaw, severityOf, worstAgent } from './rule.ts';

const STEP_CAUTION = 0.001;
const STEP_INVALID = 0.01;
const BOUND_CAUTION_MS = 10;
/** A tenth of an interval. */
const BOUND_INVALID_MS = 100;

const SPREAD_CAUTION_MS = 10;
const SPREAD_INVALID_MS = 100;

/** Wall clock against monotonic clock over the trial. */
export function clockStepped(trial: Examined): readonly Flaw[] {
  const worst = worstAgent(trial.evidence.agents, ({ wallDrift }) => wallDrift);
  const severity = worst === null ? null : severityOf(worst.value, STEP_CAUTION, STEP_INVALID);
  if (worst === null || severity === null) return [];
  return [
    flaw(
      severity,
      'clock-stepped',
      atAgent(trial, worst.agent.agent),
      `Its wall clock moved against the monotonic clock by ${inPercent(worst.value)} of the trial.`,
      'Let time synchronisation settle, or find what suspended the machine, then run again.',
    ),
  ];
}

/** How well an agent's clock is known to the coordinator; one agent alone needs no alignment. */
export function clockUnsynchronised(trial: Examined): readonly Flaw[] {
  const { agents } = trial.evidence;
  if (agents.length < 2) return [];
  return agents.flatMap(({ agent, clock }) => {
    const severity = clock === null ? 'invalid' : severityOf(clock.boundMs, BOUND_CAUTION_MS, BOUND_INVALID_MS);
    if (severity === null) return [];
    const message =
      clock === null
        ? 'The offset of its clock was never measured.'
        : `The offset of its clock is known to ${digits(clock.boundMs)} ms only; above ${BOUND_INVALID_MS} ms seconds of different agents cannot be laid side by side.`;
    const hint = 'Look for delay and jitter between the agent and the coordinator.';
    return [flaw(severity, 'clock-unsynchronised', atAgent(trial, agent), message, hint)];
  });
}

/** How far apart two agents may have begun: beyond a tenth of a second they do not offer one load together. */
export function startSpread(trial: Examined): readonly Flaw[] {
  const spreadMs = trial.evidence.startSpreadMs;
  const severity = spreadMs === null ? null : severityOf(spreadMs, SPREAD_CAUTION_MS, SPREAD_INVALID_MS);
  if (spreadMs === null || severity === null) return [];
  const message = `Two of its agents may have begun ${digits(spreadMs)} ms apart; above ${SPREAD_INVALID_MS} ms they do not offer one schedule together.`;
  const hint =
    'Look for delay and jitter between the agents and the coordinator, by which their clocks are known, and for nodes too busy to start a request in time.';
  return [flaw(severity, 'start-spread', trial.where, message, hint)];
}
