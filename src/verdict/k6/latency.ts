import type { Cell } from '../../campaign/plan.ts';
import type { Estimate, Latency, LatencySummary } from '../result.ts';

/** Figures that are none, and why. */
const without = (summary: LatencySummary, reason: 'not-recorded' | 'no-schedule'): LatencySummary => {
  const none: Estimate = { value: null, reason };
  return { count: summary.count, mean: none, p50: none, p90: none, p95: none, p99: none, 'p99.9': none, max: none };
};

/**
 * A trial's latency as k6 can tell it: service time alone. It records no intended start, so there is neither wait nor lag;
 * where its executors wait for answers before they go on, there is no schedule and so no response time either.
 */
export function asToldBy({ spec }: Pick<Cell, 'spec'>, latency: Latency): Latency {
  if (spec.kind !== 'k6') return latency;
  const told = { ...latency, wait: without(latency.wait, 'not-recorded'), lag: without(latency.lag, 'not-recorded') };
  if (spec.executors === 'open') return told;
  return {
    ...told,
    response: without(latency.response, 'no-schedule'),
    responseOk: without(latency.responseOk, 'no-schedule'),
  };
}
