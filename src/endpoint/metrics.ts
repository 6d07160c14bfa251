import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import type { LatencyCounts } from './latency-counts.ts';
import { HTTP_STATUS, type RefusalCode } from './refusal.ts';
import type { Scheduler } from './scheduler.ts';
import type { ServingRecord } from './serving-record.ts';

/** What `/metrics` is made of. */
export interface MetricSources {
  readonly model: string;
  readonly record: ServingRecord;
  readonly scheduler: Scheduler;
  readonly isReady: () => boolean;
}

/** Gauges of prom-client that end as Prometheus has counters end, which its own check refuses. */
const GAUGES_NAMED_AS_COUNTERS = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** Counts stay where they are counted; they are read when somebody asks. */
export class Metrics {
  readonly #registry = new Registry();

  constructor({ model, record, scheduler, isReady }: MetricSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    for (const name of GAUGES_NAMED_AS_COUNTERS) this.#registry.removeSingleMetric(name);
    this.#registry.setDefaultLabels({ model });
    this.#histogram('inference_duration_seconds', 'From the arrival of a request to its answer.', record.inferenceS);
    this.#histogram('inference_queue_seconds', 'How long requests waited for a session.', record.queueS);
    this.#histogram('inference_compute_seconds', 'How long runs of the model took.', record.computeS);
    this.#histogram('inference_batch_size', 'Samples of one run of the model.', record.batches);
    const total = new Counter({
      name: 'inference_requests_total',
      help: 'Requests answered, whatever the answer.',
      registers,
      collect: () => {
        total.reset();
        total.inc(record.requests);
      },
    });
    const errors = new Counter({
      name: 'inference_errors_total',
      help: 'Requests that were answered without outputs, by reason.',
      labelNames: ['reason'],
      registers,
      collect: () => {
        errors.reset();
        for (const reason of Object.keys(HTTP_STATUS)) errors.inc({ reason }, record.refusals(reason as RefusalCode));
      },
    });
    this.#gauge(
      'inference_in_flight',
      'Requests that wait or are in the model.',
      () => scheduler.waiting + scheduler.inCompute,
    );
    this.#gauge('inference_queue_length', 'Requests that wait for a session.', () => scheduler.waiting);
    this.#gauge('inference_ready', '1 while requests should be sent here.', () => Number(isReady()));
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #gauge(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect: () => gauge.set(value()) });
  }

  /** prom-client's own histogram costs the hot path label hashing; ours is shown to it as a finished one. */
  #histogram(name: string, help: string, counts: LatencyCounts): void {
    const finished = {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      get: async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: valuesOf(name, counts) }),
      reset: () => {},
    };
    this.#registry.registerMetric(finished as unknown as Metric);
  }
}

interface Value {
  readonly metricName: string;
  readonly labels: Readonly<{ le?: string | number }>;
  readonly value: number;
}

function valuesOf(name: string, counts: LatencyCounts): readonly Value[] {
  const { count, sum } = counts.total;
  return [
    ...counts.cumulative().map(({ bound, count: below }) => ({
      metricName: `${name}_bucket`,
      labels: { le: Number(bound.toPrecision(12)) },
      value: below,
    })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels: {}, value: sum },
    { metricName: `${name}_count`, labels: {}, value: count },
  ];
}
