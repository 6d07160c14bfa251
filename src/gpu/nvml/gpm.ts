import type { MetricName } from '../metric.ts';
import { missing, numberReading, type Reading } from '../reading.ts';
import type { Handle, NvmlLibrary } from './library.ts';
import { NVML, nvmlMissing } from './return-code.ts';

/** NVML_GPM_METRIC_* (nvml.h) and how many of its unit are one of ours: shares in percent, rates in MiB/s. */
const METRICS: readonly (readonly [id: number, metric: MetricName, per: number])[] = [
  [1, 'activity.graphics', 100],
  [2, 'activity.sm', 100],
  [3, 'activity.occupancy', 100],
  [5, 'activity.tensor', 100],
  [10, 'activity.dram', 100],
  [11, 'activity.fp64', 100],
  [12, 'activity.fp32', 100],
  [13, 'activity.fp16', 100],
  [20, 'pcie.sent', 2 ** -20],
  [21, 'pcie.received', 2 ** -20],
  [60, 'nvlink.received', 2 ** -20],
  [61, 'nvlink.sent', 2 ** -20],
];

export const GPM_METRICS: readonly MetricName[] = METRICS.map(([, metric]) => metric);

/** NVML_GPM_METRICS_GET_VERSION, and how many entries the structure has room for in the largest nvml.h known. */
const VERSION = 1;
const ROOM = 512;
const HEAD_BYTES = 24;
const METRIC_BYTES = 40;
const AT = { id: 0, code: 4, value: 8 } as const;
/** Counters of GPM may not be taken at shorter distances. */
const SHORTEST_NS = 100e6;

/**
 * Activity of one Hopper or newer GPU, or of one MIG instance of it, between two samples of its counters: each answer
 * covers the time since the one before. Read more often than every 100 ms it has nothing new.
 */
export class Gpm {
  readonly #nvml: NvmlLibrary;
  readonly #device: Handle;
  readonly #instance: number | null;
  readonly #memory = Buffer.alloc(HEAD_BYTES + ROOM * METRIC_BYTES);
  #earlier: Handle;
  #later: Handle;
  #atNs = Number.NEGATIVE_INFINITY;

  private constructor(nvml: NvmlLibrary, device: Handle, instance: number | null, samples: readonly [Handle, Handle]) {
    this.#nvml = nvml;
    this.#device = device;
    this.#instance = instance;
    [this.#earlier, this.#later] = samples;
  }

  /** Null: this GPU has none. `instance`: the GPU instance of a MIG device; null: the whole GPU `device`. */
  static of(nvml: NvmlLibrary, device: Handle, instance: number | null): Gpm | null {
    const support = Buffer.alloc(8);
    support.writeUInt32LE(1, 0);
    if (nvml.call('gpmSupport', device, support) !== NVML.success || support.readUInt32LE(4) !== 1) return null;
    const [one, other] = [nvml.handle('gpmAlloc'), nvml.handle('gpmAlloc')];
    return one === null || other === null ? null : new Gpm(nvml, device, instance, [one, other]);
  }

  /** Null: nothing new, since the first sample has none before it or the last one is too near. */
  read(nowNs: number): ReadonlyMap<MetricName, Reading> | null {
    if (nowNs - this.#atNs < SHORTEST_NS) return null;
    const code = this.#sample();
    if (code !== NVML.success) return new Map(GPM_METRICS.map((metric) => [metric, nvmlMissing(code)]));
    const first = this.#atNs === Number.NEGATIVE_INFINITY;
    this.#atNs = nowNs;
    const found = first ? null : this.#metrics();
    [this.#earlier, this.#later] = [this.#later, this.#earlier];
    return found;
  }

  close(): void {
    this.#nvml.call('gpmFree', this.#earlier);
    this.#nvml.call('gpmFree', this.#later);
  }

  #sample(): number {
    return this.#instance === null
      ? this.#nvml.call('gpmGet', this.#device, this.#later)
      : this.#nvml.call('gpmMigGet', this.#device, this.#instance, this.#later);
  }

  #metrics(): ReadonlyMap<MetricName, Reading> {
    const memory = this.#memory.fill(0, 0, HEAD_BYTES + METRICS.length * METRIC_BYTES);
    memory.writeUInt32LE(VERSION, 0);
    memory.writeUInt32LE(METRICS.length, 4);
    memory.writeBigUInt64LE(this.#earlier, 8);
    memory.writeBigUInt64LE(this.#later, 16);
    METRICS.forEach(([id], place) => {
      memory.writeUInt32LE(id, HEAD_BYTES + place * METRIC_BYTES + AT.id);
    });
    const code = this.#nvml.call('gpmMetrics', memory);
    return new Map(
      METRICS.map(([, metric, per], place) => [
        metric,
        code === NVML.success ? this.#reading(HEAD_BYTES + place * METRIC_BYTES, per) : nvmlMissing(code),
      ]),
    );
  }

  #reading(from: number, per: number): Reading {
    const code = this.#memory.readUInt32LE(from + AT.code);
    if (code !== NVML.success) return nvmlMissing(code);
    const value = this.#memory.readDoubleLE(from + AT.value) / per;
    return Number.isFinite(value) && value >= 0 ? numberReading(value) : missing('parse_error');
  }
}
