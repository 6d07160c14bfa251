import { Counter, Gauge, Registry } from 'prom-client';
import type { Interval } from '../gen/loadcell/v1/fleet_pb.ts';
import type { HostSecond } from '../gen/loadcell/v1/telemetry_pb.ts';
import { addHistogramTo } from '../interval-codec.ts';
import type { Block } from '../telemetry-codec.ts';
import { FoldedHistogram } from './folded-histogram.ts';
import { GpuMetrics } from './gpu-metrics.ts';
import { HostMetrics } from './host-metrics.ts';

/** Outcomes in the order in which intervals count them. */
const OUTCOMES = ['ok', 'timeout', 'rejected', 'target-error', 'wrong-output', 'shed', 'unfinished'] as const;

/** A sampler speaks every second; after so many seconds of its host without a word from it, it is silent. */
const SILENT_S = 3;

/**
 * What a run shows to Prometheus while it lasts: rates and latency by cell, GPUs and hosts by node. Counts are those of
 * sealed intervals, warm-up included, and results are computed from the journal alone: nothing here decides.
 */
export class LiveMetrics {
  readonly registry = new Registry();
  readonly #requests: Counter<'cell' | 'outcome'>;
  readonly #offered: Counter<'cell'>;
  readonly #started: Counter<'cell'>;
  readonly #inFlight: Gauge<'cell' | 'agent'>;
  readonly #runnerLoop: Gauge<'agent'>;
  readonly #response: FoldedHistogram;
  readonly #lag: FoldedHistogram;
  readonly #gpu: GpuMetrics;
  readonly #host: HostMetrics;
  readonly #sampler: Gauge<'node'>;
  /** Seconds of each node's host since its sampler spoke last. */
  readonly #silence = new Map<string, number>();

  constructor() {
    const registers = [this.registry];
    this.#requests = new Counter({
      name: 'loadcell_requests_total',
      help: 'Requests that were settled, by outcome.',
      labelNames: ['cell', 'outcome'],
      registers,
    });
    this.#offered = new Counter({
      name: 'loadcell_offered_requests_total',
      help: 'Requests intended by the schedule.',
      labelNames: ['cell'],
      registers,
    });
    this.#started = new Counter({
      name: 'loadcell_started_requests_total',
      help: 'Requests that were started.',
      labelNames: ['cell'],
      registers,
    });
    this.#inFlight = new Gauge({
      name: 'loadcell_in_flight_requests',
      help: 'Requests intended and not settled.',
      labelNames: ['cell', 'agent'],
      registers,
    });
    this.#runnerLoop = new Gauge({
      name: 'loadcell_runner_event_loop_delay_seconds',
      help: '99th percentile of the delay of the event loop of a runner’s main thread.',
      labelNames: ['agent'],
      registers,
    });
    this.#response = new FoldedHistogram(
      'loadcell_response_seconds',
      'Time from the intended start to the completion of requests that ended ok.',
      this.registry,
    );
    this.#lag = new FoldedHistogram(
      'loadcell_lag_seconds',
      'How late requests were started by the harness itself.',
      this.registry,
    );
    this.#gpu = new GpuMetrics(this.registry);
    this.#host = new HostMetrics(this.registry);
    this.#sampler = new Gauge({
      name: 'loadcell_sampler_cpu_ratio',
      help: 'Share of one CPU that the GPU sampler takes.',
      labelNames: ['node'],
      registers,
    });
  }

  interval(cell: string, interval: Interval): void {
    for (const { offered, started } of interval.phases) {
      this.#offered.inc({ cell }, offered);
      this.#started.inc({ cell }, started);
    }
    for (const slot of interval.slots) {
      slot.outcomes.forEach((count, place) => {
        const outcome = OUTCOMES[place];
        if (outcome !== undefined && count > 0) this.#requests.inc({ cell, outcome }, count);
      });
      if (slot.response !== undefined) addHistogramTo(this.#response.of(cell), slot.response);
      if (slot.lag !== undefined) addHistogramTo(this.#lag.of(cell), slot.lag);
    }
    const agent = String(interval.agent);
    this.#inFlight.set({ cell, agent }, Number(interval.inFlight));
    const delayMs = interval.host?.loopDelayP99Ms;
    if (delayMs !== undefined) this.#runnerLoop.set({ agent }, delayMs / 1e3);
  }

  block(node: string, { samples, cost }: Block): void {
    this.#silence.set(node, 0);
    for (const sample of samples) this.#gpu.add(node, sample);
    if (cost !== null && cost.wallS > 0) this.#sampler.set({ node }, cost.cpuS / cost.wallS);
  }

  host(node: string, second: Partial<HostSecond>): void {
    this.#host.add(node, second);
    const silence = (this.#silence.get(node) ?? 0) + 1;
    this.#silence.set(node, silence);
    if (silence !== SILENT_S) return;
    this.#gpu.forget(node);
    this.#sampler.remove({ node });
  }

  /** Nothing of a cell is in flight any more. */
  over(): void {
    this.#inFlight.reset();
  }
}
