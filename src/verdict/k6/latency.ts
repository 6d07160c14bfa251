import type { Cell } from '../../campaign/plan.ts';
import type { Estimate } from '../../stats/estimate.ts';
import type { PopulationName } from '../../stats/population.ts';
import type { SecondEvidence } from '../evidence.ts';
import type { Latency, LatencySummary } from '../request-figures.ts';
import type { TrialResult } from '../trial-result.ts';

/** Figures that are none, and why. */
const without = (summary: LatencySummary, reason: 'not-recorded' | 'no-schedule'): LatencySummary => {
  const none: Estimate = { value: null, reason };
  return { count: summary.count, mean: none, p50: none, p90: none, p95: none, p99: none, 'p99.9': none, max: none };
};

/**
 * Whether a cell's driver tells these times. k6 tells service time alone: it records no intended start, so there is neither
 * wait nor lag; where its executors wait for answers before they go on, there is no schedule and so no response time either.
 */
export function isToldBy({ spec }: Pick<Cell, 'spec'>, name: PopulationName): boolean {
  if (spec.kind !== 'k6') return true;
  if (name === 'response' || name === 'responseOk') return spec.executors === 'open';
  return name !== 'wait' && name !== 'lag';
}

/** A trial's latency as its driver can tell it. */
export function asToldBy(cell: Pick<Cell, 'spec'>, latency: Latency): Latency {
  const told = (name: 'response' | 'responseOk' | 'wait' | 'lag', reason: 'not-recorded' | 'no-schedule') =>
    isToldBy(cell, name) ? latency[name] : without(latency[name], reason);
  return {
    ...latency,
    response: told('response', 'no-schedule'),
    responseOk: told('responseOk', 'no-schedule'),
    wait: told('wait', 'not-recorded'),
    lag: told('lag', 'not-recorded'),
  };
}

/** Of each agent likewise. */
export const agentAsToldBy = (cell: Pick<Cell, 'spec'>, agent: PerAgent): PerAgent => ({
  ...agent,
  response: isToldBy(cell, 'response') ? agent.response : { p50: null, p99: null },
  lag: isToldBy(cell, 'lag') ? agent.lag : { p99: null },
});

type PerAgent = TrialResult['perAgent'][number];

/** Of the slowest likewise. */
export const slowAsToldBy = (cell: Pick<Cell, 'spec'>, slow: Slow): Slow => ({
  ...slow,
  waitMs: isToldBy(cell, 'wait') ? slow.waitMs : null,
  lagMs: isToldBy(cell, 'lag') ? slow.lagMs : null,
});

type Slow = TrialResult['slowest'][number];

/** Of the seconds of a series likewise. */
export const secondsAsToldBy = (
  cell: Pick<Cell, 'spec'>,
  seconds: readonly SecondEvidence[],
): readonly SecondEvidence[] =>
  isToldBy(cell, 'lag') ? seconds : seconds.map((second) => ({ ...second, lagP99: null }));
