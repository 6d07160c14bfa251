import type { MetricName } from '../gpu/metric.ts';
import { METRICS } from '../gpu/metric.ts';
import { MISSING, missing, numberReading, type Reading } from '../gpu/reading.ts';
import type { DeviceId, DeviceSample, SourceName } from '../gpu/sample.ts';
import { SOURCES } from '../gpu/sample.ts';
import type { PageNews } from '../gpu/sources/page.ts';
import {
  type ExporterNews,
  type GpuDevice,
  type TelemetryBlock,
  TelemetryBlockSchema,
} from './gen/loadcell/v1/telemetry_pb.ts';
import { create, fromBinary, toBinary } from './protobuf.ts';

/** A process that computes on a GPU, and whether it belongs to the run or is declared by its campaign. */
export interface ObservedProcess {
  readonly device: string;
  readonly pid: number;
  readonly name: string;
  /** Null: not told. */
  readonly usedBytes: number | null;
  readonly standing: 'own' | 'foreign';
}

/** What the sampler itself cost since the block before. */
export interface SamplerCost {
  readonly cpuS: number;
  readonly wallS: number;
  readonly ticks: number;
  readonly lateP99Ns: number;
  readonly lateMaxNs: number;
}

export interface PageValue {
  readonly atNs: number;
  readonly url: string;
  readonly name: string;
  readonly value: number;
}

/** About a second of a node's GPUs. Instants are nanoseconds of the node's monotonic clock. */
export interface Block {
  readonly fromNs: number;
  readonly toNs: number;
  readonly samples: readonly DeviceSample[];
  /** Null: nobody looked. */
  readonly processes: { readonly atNs: number; readonly rows: readonly ObservedProcess[] } | null;
  readonly cost: SamplerCost | null;
  /** JSON; empty: not asked for. */
  readonly inventoryJson: string;
  readonly pages: readonly PageValue[];
  readonly exporters: readonly PageNews[];
}

/** Values in the order in which they first came, and each one's place. */
class Places<T> {
  readonly all: T[] = [];
  readonly #places = new Map<string, number>();

  of(key: string, value: () => T): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    this.#places.set(key, this.all.length);
    return this.all.push(value()) - 1;
  }
}

const whole = (ns: number): bigint => BigInt(Math.round(ns));

/** An encoded `loadcell.v1.TelemetryBlock`. */
export function encodeBlock(block: Block): Uint8Array {
  const devices = new Places<ReturnType<typeof deviceFields>>();
  const metrics = new Places<string>();
  const sources = new Places<string>();
  const deviceAt = (device: DeviceId): number => devices.of(device.uuid, () => deviceFields(device));
  const byUuid = (uuid: string): number => devices.of(uuid, () => ({ uuid }));
  const samples = block.samples.map((sample) => ({
    atNs: whole(sample.atNs ?? block.toNs),
    device: deviceAt(sample.device),
    source: sources.of(sample.source, () => sample.source),
    ...readingFields(sample.readings, (name) => metrics.of(name, () => name)),
  }));
  const { processes, cost } = block;
  return toBinary(
    TelemetryBlockSchema,
    create(TelemetryBlockSchema, {
      fromNs: whole(block.fromNs),
      toNs: whole(block.toNs),
      samples,
      ...(processes === null
        ? {}
        : {
            processes: {
              atNs: whole(processes.atNs),
              rows: processes.rows.map(({ device, pid, name, usedBytes, standing }) => ({
                device: byUuid(device),
                pid,
                name,
                own: standing === 'own',
                ...(usedBytes === null ? {} : { usedBytes: whole(usedBytes) }),
              })),
            },
          }),
      ...(cost === null ? {} : { cost }),
      inventoryJson: block.inventoryJson,
      pages: block.pages.map((page) => ({ ...page, atNs: whole(page.atNs) })),
      exporters: block.exporters.map(newsFields),
      devices: devices.all,
      metrics: metrics.all,
      sources: sources.all,
    }),
  );
}

const newsFields = ({ clock, fault, ...told }: PageNews) => ({
  ...told,
  fault: fault ?? '',
  ...(clock === null ? {} : { aheadLeastMs: clock.leastMs, aheadMostMs: clock.mostMs }),
});

const deviceFields = ({ uuid, index, parent, name }: DeviceId) => ({
  uuid,
  ...(index === null ? {} : { index }),
  ...(parent === null ? {} : { parent }),
  ...(name === null ? {} : { name }),
});

function readingFields(readings: DeviceSample['readings'], place: (name: string) => number) {
  const fields = {
    told: [] as number[],
    values: [] as number[],
    missing: [] as number[],
    reasons: [] as number[],
  };
  for (const [name, reading] of Object.entries(readings)) {
    if (reading.kind === 'number') {
      fields.told.push(place(name));
      fields.values.push(reading.value);
    } else {
      fields.missing.push(place(name));
      fields.reasons.push(MISSING.indexOf(reading.reason) + 1);
    }
  }
  return fields;
}

/** Reads what {@link encodeBlock} wrote. Throws on bytes that are no block, or speak of what they do not hold. */
export function decodeBlock(bytes: Uint8Array): Block {
  const message = fromBinary(TelemetryBlockSchema, bytes);
  const devices = message.devices.map(deviceOf);
  const { processes, cost } = message;
  return {
    fromNs: Number(message.fromNs),
    toNs: Number(message.toNs),
    samples: message.samples.map((sample) => ({
      source: sourceOf(message, sample.source),
      device: entry(devices, sample.device, 'device'),
      atNs: Number(sample.atNs),
      readings: readingsOf(message, sample),
    })),
    processes:
      processes === undefined
        ? null
        : {
            atNs: Number(processes.atNs),
            rows: processes.rows.map(({ device, pid, name, usedBytes, own }) => ({
              device: entry(devices, device, 'device').uuid,
              pid,
              name,
              usedBytes: usedBytes === undefined ? null : Number(usedBytes),
              standing: own ? 'own' : 'foreign',
            })),
          },
    cost: cost === undefined ? null : costOf(cost),
    inventoryJson: message.inventoryJson,
    pages: message.pages.map(({ atNs, url, name, value }) => ({ atNs: Number(atNs), url, name, value })),
    exporters: message.exporters.map(newsOf),
  };
}

const newsOf = ({ url, answers, failures, fault, aheadLeastMs, aheadMostMs }: ExporterNews): PageNews => ({
  url,
  answers,
  failures,
  fault: fault === '' ? null : fault,
  clock:
    aheadLeastMs === undefined || aheadMostMs === undefined ? null : { leastMs: aheadLeastMs, mostMs: aheadMostMs },
});

const costOf = ({ cpuS, wallS, ticks, lateP99Ns, lateMaxNs }: NonNullable<TelemetryBlock['cost']>): SamplerCost => ({
  cpuS,
  wallS,
  ticks,
  lateP99Ns,
  lateMaxNs,
});

const deviceOf = ({ uuid, index, parent, name }: GpuDevice): DeviceId => ({
  uuid,
  index: index ?? null,
  parent: parent ?? null,
  name: name ?? null,
});

function sourceOf(message: TelemetryBlock, place: number): SourceName {
  const name = entry(message.sources, place, 'source');
  const known = SOURCES.find((source) => source === name);
  if (known === undefined) throw new Error(`telemetry: found the source '${name}', which this version does not know`);
  return known;
}

function readingsOf(message: TelemetryBlock, sample: TelemetryBlock['samples'][number]): DeviceSample['readings'] {
  const readings: Partial<Record<MetricName, Reading>> = {};
  sample.told.forEach((metric, place) => {
    readings[metricOf(message, metric)] = numberReading(entry(sample.values, place, 'value'));
  });
  sample.missing.forEach((metric, place) => {
    const reason = entry(MISSING, entry(sample.reasons, place, 'reason') - 1, 'reason');
    readings[metricOf(message, metric)] = missing(reason);
  });
  return readings;
}

function metricOf(message: TelemetryBlock, place: number): MetricName {
  const name = entry(message.metrics, place, 'metric');
  if (!Object.hasOwn(METRICS, name)) {
    throw new Error(`telemetry: found the metric '${name}', which this version does not know`);
  }
  return name as MetricName;
}

function entry<T>(list: readonly T[], place: number, what: string): T {
  const found = list[place];
  if (found === undefined) throw new Error(`telemetry: found ${what} ${place}, expected one of ${list.length}`);
  return found;
}
