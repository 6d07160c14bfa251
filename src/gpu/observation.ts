import type { MetricName } from './metric.ts';
import type { MissingReason } from './reading.ts';
import type { DeviceId, SourceName } from './sample.ts';
import type { Inventory } from './source.ts';

/**
 * What was observed of a node during one trial. Instants are nanoseconds of the trial's time line, ascending. Pure data:
 * from `telemetry/*.log`, or made up by a test.
 */
export interface NodeObservation {
  /** The agent that observed it. */
  readonly agent: number;
  /** The last one before the trial ended; null: nothing looked at the node's GPUs. */
  readonly inventory: NodeInventory | null;
  /** GPUs of its first inventory in this run; null: there was none. */
  readonly gpusAtFirst: number | null;
  readonly devices: readonly DeviceObservation[];
  readonly processes: readonly ProcessSpan[];
  readonly gaps: readonly Gap[];
  /** What the sampler itself cost during the trial; null: there was none. */
  readonly cost: SamplerShare | null;
  readonly host: readonly HostSecond[];
  readonly pages: readonly PageSeries[];
  readonly exporters: readonly ExporterObservation[];
}

export interface NodeInventory extends Inventory {
  /** In order of preference; `fault`: why no more came of one. */
  readonly sources: readonly { readonly name: SourceName; readonly fault: string | null }[];
  /** One sentence for each source that could not be opened. */
  readonly refused: readonly string[];
  /** By UUID the metrics that no source tells: not supported by what reads the device. Absent: recorded before it was kept. */
  readonly untold?: Untold;
  /** How many whole GPUs each node has that its sources look at, itself and those of exporters; absent: as `untold`. */
  readonly perNode?: readonly number[];
}

export type Untold = Readonly<Record<string, readonly MetricName[]>>;

/** Numbers of one metric, from one source. */
export interface Series {
  readonly source: SourceName;
  readonly atNs: readonly number[];
  readonly values: readonly number[];
}

export interface Lack {
  readonly atNs: number;
  readonly reason: MissingReason;
}

export interface DeviceObservation {
  readonly device: DeviceId;
  readonly series: Readonly<Partial<Record<MetricName, Series>>>;
  /** Readings without a number. */
  readonly lacks: Readonly<Partial<Record<MetricName, readonly Lack[]>>>;
  /** The same before the trial, while nothing was offered. */
  readonly before: Readonly<Partial<Record<MetricName, Series>>>;
}

/** A process that computed on a device, from when it was seen first to when it was seen last. */
export interface ProcessSpan {
  readonly device: string;
  readonly pid: number;
  readonly name: string;
  readonly standing: 'own' | 'foreign';
  readonly firstNs: number;
  readonly lastNs: number;
  /** The most that it was seen to hold; null: not told. */
  readonly usedBytes: number | null;
}

/** Nothing is known of the node's GPUs in this stretch. */
export interface Gap {
  readonly fromNs: number;
  readonly toNs: number;
  readonly reason: string;
  readonly message: string;
}

export interface SamplerShare {
  readonly cpuS: number;
  readonly wallS: number;
  readonly ticks: number;
  /** The largest of the 99th percentiles of its seconds, and the largest at all. */
  readonly lateP99Ns: number;
  readonly lateMaxNs: number;
}

/** One second of the host, ending at `atNs`; null: the node does not tell. */
export interface HostSecond {
  readonly atNs: number;
  /** Shares of each processor's time. */
  readonly cores: readonly number[];
  readonly cpu: number | null;
  readonly steal: number | null;
  readonly throttledUs: number | null;
  readonly pressureCpu: number | null;
  readonly pressureMemory: number | null;
  readonly pressureIo: number | null;
  readonly memoryAvailableBytes: number | null;
  readonly agentRssBytes: number | null;
  readonly runnerRssBytes: number | null;
  readonly loopDelayP99Ms: number | null;
  /** Per second. */
  readonly contextSwitches: number | null;
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
  /** Joules of all CPU packages since the second before. */
  readonly packageJoules: number | null;
}

/** A value of a page that the campaign names, over time. */
export interface PageSeries {
  readonly url: string;
  readonly name: string;
  readonly atNs: readonly number[];
  readonly values: readonly number[];
}

/** How the server of a page answered during the trial: dcgm-exporter, or one that the campaign names. */
export interface ExporterObservation {
  readonly url: string;
  readonly answers: number;
  readonly failures: number;
  /** Why the last one failed that did; null: none did. */
  readonly fault: string | null;
  /** How far its clock is ahead of the node's; null: no answer told a date. */
  readonly clock: { readonly leastMs: number; readonly mostMs: number } | null;
}

/** A stretch of a trial. */
export interface Window {
  readonly fromNs: number;
  readonly toNs: number;
}
