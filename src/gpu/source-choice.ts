import { METRICS, type MetricName } from './metric.ts';
import type { Reading } from './reading.ts';
import { migInstance } from './recorded/device.ts';
import type { DeviceFacts } from './recorded/recording.ts';
import type { DeviceId, DeviceSample, SourceName } from './sample.ts';
import type { Inventory } from './source.ts';

/**
 * Which of several sources counts for which metric of which device: the first in order of preference that told a number.
 * What another says of it is left out, so that no series is woven of two. Pure.
 *
 * A tool that names a GPU by its index (`dcgmi`) means the GPU that NVML lists there; one that names a MIG instance by its
 * GPU and its number on it (dcgm-exporter) means the one that has this number there.
 */
export class SourceChoice {
  readonly #order: readonly SourceName[];
  readonly #byIndex = new Map<number, DeviceId>();
  /** MIG instances by the name that they have where no UUID of their own is told. */
  readonly #byInstance = new Map<string, DeviceId>();
  readonly #chosen = new Map<string, { readonly rank: number; readonly by: 'number' | 'reason' }>();
  /** What any source ever told of each device: a number or a reason. */
  readonly #told = new Map<string, Set<MetricName>>();

  /** `order`: the sources by preference. */
  constructor(order: readonly SourceName[]) {
    this.#order = order;
  }

  /** Learns which GPUs have which index. */
  know(devices: readonly DeviceFacts[]): void {
    for (const { device } of devices) {
      if (device.parent === null && device.index !== null && !device.uuid.startsWith('index:')) {
        this.#byIndex.set(device.index, device);
      }
    }
    for (const [name, [only, ...others]] of Map.groupBy(devices, instanceName)) {
      // What is told of an instance that several compute instances share is none of theirs alone.
      const isOne = only !== undefined && others.length === 0;
      if (name !== null && isOne && !this.#byInstance.has(name)) this.#byInstance.set(name, only.device);
    }
  }

  /** An inventory with devices under the names by which their samples are admitted. */
  named(inventory: Inventory): Inventory {
    const devices = inventory.devices.map((facts) => ({ ...facts, device: this.#named(facts.device) }));
    return { ...inventory, devices };
  }

  /** What of a sample counts; null: nothing. */
  admit(sample: DeviceSample): DeviceSample | null {
    const device = this.#named(sample.device);
    const rank = this.#rank(sample.source);
    const admitted = Object.entries(sample.readings).filter(([metric, reading]) =>
      this.#counts(`${device.uuid} ${metric}`, rank, reading),
    );
    if (admitted.length === 0) return null;
    this.#remember(device.uuid, admitted);
    return { ...sample, device, readings: Object.fromEntries(admitted) as Partial<Record<MetricName, Reading>> };
  }

  /** Its devices' metrics are free for others to tell. */
  ended(source: SourceName): void {
    const rank = this.#rank(source);
    for (const [key, chosen] of this.#chosen) if (chosen.rank === rank) this.#chosen.delete(key);
  }

  /** Metrics of which no source said anything yet. */
  untold(uuid: string): readonly MetricName[] {
    const told = this.#told.get(uuid);
    return (Object.keys(METRICS) as MetricName[]).filter((metric) => told?.has(metric) !== true);
  }

  #remember(uuid: string, readings: readonly (readonly [string, Reading])[]): void {
    const told = this.#told.get(uuid) ?? new Set();
    this.#told.set(uuid, told);
    for (const [metric] of readings) told.add(metric as MetricName);
  }

  #rank(source: SourceName): number {
    const rank = this.#order.indexOf(source);
    return rank === -1 ? this.#order.length : rank;
  }

  #named(device: DeviceId): DeviceId {
    if (device.parent !== null) return this.#byInstance.get(device.uuid) ?? device;
    if (!device.uuid.startsWith('index:') || device.index === null) return device;
    return this.#byIndex.get(device.index) ?? device;
  }

  /** A number takes over from a reason, and from a number of a source that is less preferred. */
  #counts(key: string, rank: number, { kind }: Reading): boolean {
    const by = kind === 'number' ? 'number' : 'reason';
    const chosen = this.#chosen.get(key);
    const takes =
      chosen === undefined || chosen.rank === rank ? true : chosen.by === by ? rank < chosen.rank : by === 'number';
    if (!takes) return false;
    const best = chosen?.rank === rank && chosen.by === 'number' ? 'number' : by;
    this.#chosen.set(key, { rank, by: best });
    return true;
  }
}

/** As it is called by those who tell its GPU and its number there; null: a whole GPU, or the number is not told. */
const instanceName = ({ device: { parent }, gpuInstance }: DeviceFacts): string | null =>
  parent === null || gpuInstance === null ? null : migInstance(parent, { gpuInstance }).uuid;
