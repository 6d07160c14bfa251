import { Counter, Gauge, type Registry } from 'prom-client';
import { METRICS, type Metric, type MetricName } from '../../gpu/metric.ts';
import type { DeviceSample } from '../../gpu/sample.ts';

const LABELS = ['node', 'gpu', 'uuid', 'parent', 'model'] as const;
type Label = (typeof LABELS)[number];

/** Endings by unit, as Prometheus names base units, and how many of them one of the metric's own unit is. */
const ENDINGS: Readonly<Record<Metric['unit'], readonly [ending: string, factor: number]>> = {
  W: ['_watts', 1],
  J: ['_joules', 1],
  MHz: ['_hertz', 1e6],
  '°C': ['_celsius', 1],
  ratio: ['_ratio', 1],
  bytes: ['_bytes', 1],
  'bytes/s': ['_bytes_per_second', 1],
  s: ['_seconds', 1],
  count: ['', 1],
  code: ['', 1],
  mask: ['_mask', 1],
};

/** `loadcell_gpu_power_draw_watts`, `loadcell_gpu_throttled_thermal_hardware_seconds_total`. */
export function gpuMetricName(name: MetricName): string {
  const { unit, kind } = METRICS[name];
  const words = name.replaceAll('.', '_').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const [ending] = ENDINGS[unit];
  return `loadcell_gpu_${words}${ending}${kind === 'counter' ? '_total' : ''}`;
}

/** GPU readings as Prometheus knows them. A reading that is missing is absent: it is not 0. */
export class GpuMetrics {
  readonly #gauges = new Map<MetricName, Gauge<Label>>();
  readonly #counters = new Map<MetricName, Counter<Label>>();
  readonly #last = new Map<string, number>();
  /** Of every device of a node. */
  readonly #labels = new Map<string, Map<string, Record<Label, string>>>();

  constructor(registry: Registry) {
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const form = {
        name: gpuMetricName(name),
        help: METRICS[name].label,
        labelNames: [...LABELS],
        registers: [registry],
      };
      if (METRICS[name].kind === 'counter') this.#counters.set(name, new Counter(form));
      else this.#gauges.set(name, new Gauge(form));
    }
  }

  add(node: string, { device, readings }: DeviceSample): void {
    const labels: Record<Label, string> = {
      node,
      gpu: device.index === null ? '' : String(device.index),
      uuid: device.uuid,
      parent: device.parent ?? '',
      model: device.name ?? '',
    };
    const ofNode = this.#labels.get(node) ?? new Map<string, Record<Label, string>>();
    this.#labels.set(node, ofNode.set(device.uuid, labels));
    for (const [name, reading] of Object.entries(readings)) {
      const metric = name as MetricName;
      if (reading.kind === 'missing') this.#gauges.get(metric)?.remove(labels);
      else this.#set(metric, labels, reading.value * ENDINGS[METRICS[metric].unit][1]);
    }
  }

  /** Nothing is read of a node's GPUs any more: what was read last is not how they are. Counters stand where they stood. */
  forget(node: string): void {
    for (const labels of this.#labels.get(node)?.values() ?? []) {
      for (const gauge of this.#gauges.values()) gauge.remove(labels);
    }
    this.#labels.delete(node);
  }

  #set(metric: MetricName, labels: Record<Label, string>, value: number): void {
    this.#gauges.get(metric)?.set(labels, value);
    const counter = this.#counters.get(metric);
    if (counter === undefined) return;
    const key = `${metric} ${labels.uuid}`;
    const grown = value - (this.#last.get(key) ?? 0);
    this.#last.set(key, value);
    // A counter that was begun anew grows from there.
    counter.inc(labels, Math.max(0, grown));
  }
}
