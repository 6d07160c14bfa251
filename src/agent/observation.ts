import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { nodeMonotonic } from '../time/monotonic.ts';
import { readText } from '../wire/read-text.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import { mayHaveGpu } from './gpu-signs.ts';
import { createHostSeries, type HostSecondFields } from './host-series.ts';
import { loopDelayMeter } from './loop-delay.ts';
import { NodeTelemetry, type RunningSampler } from './node-telemetry.ts';
import type { Runners } from './runner-process.ts';
import type { SamplerOrders } from './sampler/words.ts';
import { NodeSampler, type SamplerListener, type SamplerSource } from './sampler-process.ts';

export interface ObservationOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runners: Runners;
  readonly report: (bytes: Uint8Array) => void;
  /** Shown everything that is observed; null: nobody looks. */
  readonly metrics: AgentMetrics | null;
}

/** What an agent observes of this machine. */
export function observation({ env, runners, report, metrics }: ObservationOptions): NodeTelemetry {
  return new NodeTelemetry({
    startSampler: (orders, listener) => (isWorthwhile(orders, env) ? startSampler(env, orders, listener) : null),
    hostSecond: lazyHostSeries(runners),
    report,
    seen: (seen) => metrics?.seen(seen),
  });
}

/** GPUs may be here, or pages elsewhere are to be read. */
const isWorthwhile = ({ sources, dcgm, pages }: SamplerOrders, env: ObservationOptions['env']): boolean =>
  dcgm.length > 0 || pages.length > 0 || (sources.length > 0 && mayHaveGpu(env));

const startSampler = (
  env: ObservationOptions['env'],
  orders: SamplerOrders,
  listener: SamplerListener,
): RunningSampler => new NodeSampler(samplerSource(env), orders, listener);

/** How samplers of this machine are started. */
export function samplerSource(env: ObservationOptions['env']): SamplerSource {
  const entry = new URL(`./sampler/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  return { spawn, entry: fileURLToPath(entry), env, nowNs };
}

const nowNs = (): number => Number(nodeMonotonic());

/** Begins with the first call: an agent that does not observe its node pays nothing. */
function lazyHostSeries(runners: Runners): () => HostSecondFields {
  let series: (() => HostSecondFields) | null = null;
  return () => {
    series ??= hostSeries(runners);
    return series();
  };
}

function hostSeries(runners: Runners): () => HostSecondFields {
  const loopDelayP99Ms = loopDelayMeter(nowNs);
  return createHostSeries({ read: readText, nowNs, runner: () => runners.servingPid, loopDelayP99Ms });
}
