import type { HostSecond, NodeObservation, Window } from '../../gpu/observation.ts';
import { largestOf, meanOf, quantileOf } from '../../gpu/within.ts';

/** What one node's host did over a stretch: means, but for memory and delays, which are at their largest. Null: not told. */
export interface HostNodeResult {
  readonly agent: string;
  /** 95th percentile of the busiest processor of each second. */
  readonly coreP95: number | null;
  readonly pressureCpu: number | null;
  readonly pressureMemory: number | null;
  readonly pressureIo: number | null;
  readonly agentRssBytes: number | null;
  readonly runnerRssBytes: number | null;
  readonly loopDelayP99Ms: number | null;
  /** Per second. */
  readonly contextSwitches: number | null;
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
}

/** Seconds of a host that end within a window. */
export const hostWithin = ({ host }: NodeObservation, { fromNs, toNs }: Window): readonly HostSecond[] =>
  host.filter(({ atNs }) => atNs > fromNs && atNs <= toNs + 1e9);

export function hostNodeResult(node: NodeObservation, window: Window, agent: string): HostNodeResult {
  const rows = hostWithin(node, window);
  const told = (value: (row: HostSecond) => number | null): readonly number[] =>
    rows.map(value).filter((found) => found !== null);
  return {
    agent,
    coreP95: quantileOf(told(busiestCore), 0.95),
    pressureCpu: meanOf(told((row) => row.pressureCpu)),
    pressureMemory: meanOf(told((row) => row.pressureMemory)),
    pressureIo: meanOf(told((row) => row.pressureIo)),
    agentRssBytes: largestOf(told((row) => row.agentRssBytes)),
    runnerRssBytes: largestOf(told((row) => row.runnerRssBytes)),
    loopDelayP99Ms: largestOf(told((row) => row.loopDelayP99Ms)),
    contextSwitches: meanOf(told((row) => row.contextSwitches)),
    receivedBytes: meanOf(told((row) => row.receivedBytes)),
    sentBytes: meanOf(told((row) => row.sentBytes)),
  };
}

/** Share of the second in which the busiest processor worked; null: not told. */
export const busiestCore = ({ cores }: Pick<HostSecond, 'cores'>): number | null => largestOf(cores);
