import { decodeInterval } from '../wire/interval-codec.ts';
import { LiveMetrics } from '../wire/metrics/live-metrics.ts';
import { serveMetrics } from '../wire/metrics/metrics-server.ts';
import type { Block } from '../wire/telemetry-codec.ts';
import { UsageError } from './arguments.ts';
import type { HostSecondFields } from './host-series.ts';

/** One agent as Prometheus sees it. Cells go by their index: only the coordinator holds the plan. */
export class AgentMetrics {
  readonly #live = new LiveMetrics();
  readonly #node: string;

  constructor(node: string) {
    this.#node = node;
  }

  /** Throws a {@link UsageError} when the address is not to be had. */
  async open(listen: { readonly host: string; readonly port: number }): Promise<void> {
    try {
      await serveMetrics(this.#live.registry, listen);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UsageError(`--metrics: cannot listen on ${listen.host}:${listen.port}: ${why}`);
    }
  }

  /** A sealed interval as it is encoded. */
  interval(payload: Uint8Array): void {
    const interval = decodeInterval(payload);
    this.#live.interval(String(interval.cell), interval);
  }

  seen({ block, host }: { readonly block?: Block; readonly host?: HostSecondFields }): void {
    if (block !== undefined) this.#live.block(this.#node, block);
    if (host !== undefined) this.#live.host(this.#node, host as Parameters<LiveMetrics['host']>[1]);
  }
}
