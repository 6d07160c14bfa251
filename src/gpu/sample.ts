import type { MetricName } from './metric.ts';
import type { Reading } from './reading.ts';

/** What may read a GPU, recorded with every value. */
export const SOURCES = ['nvml', 'dcgm-exporter', 'dcgmi', 'nvidia-smi', 'nvidia-smi-xml', 'amd-smi', 'none'] as const;
export type SourceName = (typeof SOURCES)[number];

/** A GPU, or a MIG instance of one. */
export interface DeviceId {
  /** `GPU-…` or `MIG-…`; where a source tells none, `index:<n>`. */
  readonly uuid: string;
  /** Position as the source counts it; null where it tells none. */
  readonly index: number | null;
  /** The GPU that a MIG instance is cut from; it repeats that one's power and energy. Null: a whole GPU. */
  readonly parent: string | null;
  /** `A100-SXM4-40GB`, `1g.5gb`; null where not told. */
  readonly name: string | null;
}

/** What one source read of one device at one time. A metric that it was not asked for is absent. */
export interface DeviceSample {
  readonly source: SourceName;
  readonly device: DeviceId;
  /** When it was read: nanoseconds of the sampler's clock; of a recording, of the recording's own time. Null: not told. */
  readonly atNs: number | null;
  readonly readings: Readonly<Partial<Record<MetricName, Reading>>>;
}

/** A process that holds GPU memory. */
export interface GpuProcess {
  readonly device: string;
  readonly pid: number;
  /** As the tool prints it; null where not told. */
  readonly name: string | null;
  readonly usedBytes: Reading;
  readonly type: 'compute' | 'graphics' | 'both' | 'unknown';
}
