import type { Plan } from '../campaign/plan.ts';
import type { Interval } from '../wire/gen/loadcell/v1/fleet_pb.ts';
import { TelemetryReportSchema } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { LiveMetrics } from '../wire/metrics/live-metrics.ts';
import { type MetricsServer, serveMetrics } from '../wire/metrics/metrics-server.ts';
import { fromBinary } from '../wire/protobuf.ts';
import { decodeBlock } from '../wire/telemetry-codec.ts';
import { ResultsError, systemCode } from './results-error.ts';

/** The whole fleet as Prometheus sees it: one target, however short-lived agents are. */
export class FleetMetrics {
  readonly #plan: Plan;
  readonly #live = new LiveMetrics();
  #server: MetricsServer | null = null;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Throws a {@link ResultsError} with code `port` when the address is not to be had. */
  async open(listen: { readonly host: string; readonly port: number }): Promise<void> {
    try {
      this.#server = await serveMetrics(this.#live.registry, listen);
    } catch (error) {
      const found = `cannot listen on ${listen.host}:${listen.port} (${systemCode(error) ?? String(error)})`;
      throw new ResultsError('port', `--metrics: ${found}; choose another port`, error);
    }
  }

  interval(interval: Interval): void {
    this.#live.interval(this.#plan.cells[interval.cell]?.id ?? String(interval.cell), interval);
  }

  /** What the agent of a place observed; bytes that are no report are nothing to show. */
  observe(agent: number, bytes: Uint8Array): void {
    try {
      const { block, host } = fromBinary(TelemetryReportSchema, bytes);
      const node = `agent-${agent}`;
      if (block.length > 0) this.#live.block(node, decodeBlock(block));
      for (const second of host) this.#live.host(node, second);
    } catch {
      return;
    }
  }

  close(): void {
    this.#server?.close();
  }
}
