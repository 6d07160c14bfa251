import { NS_PER_S, type Ns, ns } from '../time/ns.ts';
import type { PerSecond } from './phase.ts';
import { arrivalCount } from './profile.ts';

/**
 * How long a phase lasts that goes linearly from one rate to another until both are over: its duration, and `atLeast`
 * arrivals. A ramp keeps its two ends and takes longer. (MLPerf's min_duration with min_query_count: Reddi et al.,
 * "MLPerf Inference Benchmark", 2020. On a schedule both are known beforehand.)
 *
 * @param atLeast arrivals; null: the duration alone decides.
 */
export function lastingFor(atLeast: number | null, from: PerSecond, to: PerSecond, durationNs: Ns): Ns {
  const mean = (from + to) / 2;
  if (atLeast === null || mean * durationNs >= atLeast * NS_PER_S) return durationNs;
  let needed = Math.ceil((atLeast * NS_PER_S) / mean);
  while (arrivalCount([{ from, to, durationNs: ns(needed) }]) < atLeast) needed++;
  return ns(Math.max(durationNs, needed));
}
