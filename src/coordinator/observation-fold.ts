import type { MetricName } from '../gpu/metric.ts';
import type {
  DeviceObservation,
  ExporterObservation,
  Gap,
  HostSecond,
  Lack,
  NodeInventory,
  NodeObservation,
  PageSeries,
  ProcessSpan,
  SamplerShare,
  Series,
} from '../gpu/observation.ts';
import type { DeviceId, DeviceSample, SourceName } from '../gpu/sample.ts';
import {
  type StoredTelemetry,
  type TelemetryReport,
  TelemetryReportSchema,
} from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { fromBinary } from '../wire/protobuf.ts';
import { type Block, decodeBlock } from '../wire/telemetry-codec.ts';
import { hostSecond } from './host-second.ts';
import { keyOf, type TrialRef } from './trial-ref.ts';

/** How much of what came before a trial brackets its beginning. */
const BRACKET_NS = 3e9;
/** How much of the time between trials is remembered. */
const REMEMBERED = 2_000;

/**
 * Folds what agents observed into what was observed of each node during each trial. Reports come in the order in which an
 * agent sent them; one that comes twice counts once.
 */
export class ObservationFold {
  readonly #agents = new Map<number, AgentFold>();
  readonly #seen = new Set<string>();

  add({ agent, epoch, seq, report }: StoredTelemetry): void {
    const key = `${agent} ${epoch} ${seq}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const fold = this.#agents.get(agent) ?? new AgentFold(agent);
    this.#agents.set(agent, fold);
    fold.add(fromBinary(TelemetryReportSchema, report));
  }

  /** What was observed of every node during a trial. */
  of(ref: TrialRef): readonly NodeObservation[] {
    return [...this.#agents.values()].flatMap((fold) => fold.of(ref) ?? []);
  }

  /** The last inventory of each agent that looked at GPUs. */
  inventories(): readonly (readonly [agent: number, inventory: NodeInventory])[] {
    return [...this.#agents].flatMap(([agent, { inventory }]) =>
      inventory === null ? [] : [[agent, inventory] as const],
    );
  }

  /** Lets go of what is known of trials. */
  clear(): void {
    for (const fold of this.#agents.values()) fold.clear();
  }
}

/** Readings of one device, on the clock of its node. */
class DeviceFold {
  readonly device: DeviceId;
  readonly series = new Map<MetricName, { source: SourceName; atNs: number[]; values: number[] }>();
  readonly lacks = new Map<MetricName, Lack[]>();

  constructor(device: DeviceId) {
    this.device = device;
  }

  add({ source, atNs, readings }: DeviceSample): void {
    for (const [name, reading] of Object.entries(readings)) {
      const metric = name as MetricName;
      if (reading.kind === 'missing') {
        const lacks = this.lacks.get(metric) ?? [];
        this.lacks.set(metric, lacks);
        lacks.push({ atNs: atNs ?? 0, reason: reading.reason });
        continue;
      }
      const known = this.series.get(metric) ?? { source, atNs: [], values: [] };
      this.series.set(metric, known);
      known.source = source;
      known.atNs.push(atNs ?? 0);
      known.values.push(reading.value);
    }
  }

  /** What it has since an instant, as another fold begins with it. */
  tail(fromNs: number): DeviceFold {
    const fold = new DeviceFold(this.device);
    for (const [metric, { source, atNs, values }] of this.series) {
      const first = atNs.findIndex((at) => at >= fromNs);
      if (first !== -1) fold.series.set(metric, { source, atNs: atNs.slice(first), values: values.slice(first) });
    }
    return fold;
  }

  forget(): void {
    for (const { atNs, values } of this.series.values()) {
      if (atNs.length <= 2 * REMEMBERED) continue;
      atNs.splice(0, atNs.length - REMEMBERED);
      values.splice(0, values.length - REMEMBERED);
    }
    this.lacks.clear();
  }
}

class AgentFold {
  readonly #agent: number;
  #between = new Map<string, DeviceFold>();
  #inventory: NodeInventory | null = null;
  #gpusAtFirst: number | null = null;
  readonly #trials = new Map<string, TrialObservation>();

  constructor(agent: number) {
    this.#agent = agent;
  }

  get inventory(): NodeInventory | null {
    return this.#inventory;
  }

  add(report: TelemetryReport): void {
    const block = report.block.length === 0 ? null : decodeBlock(report.block);
    if (block !== null && block.inventoryJson !== '') this.#learn(JSON.parse(block.inventoryJson) as NodeInventory);
    const { trial } = report;
    if (trial === undefined) {
      for (const sample of block?.samples ?? []) deviceIn(this.#between, sample.device).add(sample);
      for (const device of this.#between.values()) device.forget();
      return;
    }
    const key = keyOf(trial);
    const observation = this.#trials.get(key) ?? this.#begin(key, Number(trial.zeroNs), block);
    observation.add(report, block, this.#inventory);
  }

  of(ref: TrialRef): NodeObservation | null {
    const observation = this.#trials.get(keyOf(ref))?.observation();
    return observation === undefined ? null : { ...observation, gpusAtFirst: this.#gpusAtFirst };
  }

  clear(): void {
    this.#trials.clear();
  }

  #learn(inventory: NodeInventory): void {
    this.#inventory = inventory;
    this.#gpusAtFirst ??= inventory.devices.filter(({ device }) => device.parent === null).length;
  }

  #begin(key: string, zeroNs: number, block: Block | null): TrialObservation {
    const observation = new TrialObservation(this.#agent, zeroNs, this.#between, block?.fromNs ?? zeroNs);
    this.#trials.set(key, observation);
    this.#between = new Map();
    return observation;
  }
}

function deviceIn(devices: Map<string, DeviceFold>, device: DeviceId): DeviceFold {
  const known = devices.get(device.uuid) ?? new DeviceFold(device);
  devices.set(device.uuid, known);
  return known;
}

/** Gathers on the node's clock, and tells on the trial's. */
class TrialObservation {
  readonly #agent: number;
  readonly #zeroNs: number;
  readonly #before: ReadonlyMap<string, DeviceFold>;
  readonly #devices: Map<string, DeviceFold>;
  readonly #processes = new Map<string, ProcessSpan>();
  readonly #gaps: Gap[] = [];
  readonly #host: HostSecond[] = [];
  readonly #pages = new Map<string, { url: string; name: string; atNs: number[]; values: number[] }>();
  readonly #exporters = new Map<string, ExporterObservation>();
  #inventory: NodeInventory | null = null;
  #cost: SamplerShare | null = null;

  constructor(agent: number, zeroNs: number, before: ReadonlyMap<string, DeviceFold>, fromNs: number) {
    this.#agent = agent;
    this.#zeroNs = zeroNs;
    this.#before = before;
    this.#devices = new Map([...before].map(([uuid, fold]) => [uuid, fold.tail(fromNs - BRACKET_NS)]));
  }

  add(report: TelemetryReport, block: Block | null, inventory: NodeInventory | null): void {
    this.#inventory = inventory;
    for (const { fromNs, toNs, reason, message } of report.gaps) {
      this.#gap({ fromNs: this.#at(fromNs), toNs: this.#at(toNs), reason, message });
    }
    for (const second of report.host) this.#host.push(hostSecond(second, this.#at(second.atNs)));
    if (block === null) return;
    for (const sample of block.samples) deviceIn(this.#devices, sample.device).add(sample);
    for (const row of block.processes?.rows ?? []) this.#see(row, this.#at(block.processes?.atNs ?? 0));
    for (const { url, name, atNs, value } of block.pages) this.#page(url, name, this.#at(atNs), value);
    for (const news of block.exporters) {
      this.#exporters.set(news.url, plusNews(this.#exporters.get(news.url), news));
    }
    if (block.cost !== null) this.#cost = plusCost(this.#cost, block.cost);
  }

  observation(): Omit<NodeObservation, 'gpusAtFirst'> {
    return {
      agent: this.#agent,
      inventory: this.#inventory,
      devices: [...this.#devices.values()].map((fold) => this.#device(fold)),
      processes: [...this.#processes.values()],
      gaps: this.#gaps,
      cost: this.#cost,
      host: this.#host,
      pages: [...this.#pages.values()] satisfies PageSeries[],
      exporters: [...this.#exporters.values()],
    };
  }

  /** A gap that is told in pieces is one. */
  #gap(gap: Gap): void {
    const last = this.#gaps.at(-1);
    const goesOn = last?.toNs === gap.fromNs && last.message === gap.message;
    if (last !== undefined && goesOn) this.#gaps[this.#gaps.length - 1] = { ...last, toNs: gap.toNs };
    else this.#gaps.push(gap);
  }

  #at(ns: bigint | number): number {
    return Number(ns) - this.#zeroNs;
  }

  #see(row: Omit<ProcessSpan, 'firstNs' | 'lastNs'>, atNs: number): void {
    const key = `${row.device} ${row.pid}`;
    const known = this.#processes.get(key);
    const usedBytes =
      row.usedBytes === null ? (known?.usedBytes ?? null) : Math.max(row.usedBytes, known?.usedBytes ?? 0);
    this.#processes.set(key, { ...row, usedBytes, firstNs: known?.firstNs ?? atNs, lastNs: atNs });
  }

  #page(url: string, name: string, atNs: number, value: number): void {
    const key = `${url} ${name}`;
    const series = this.#pages.get(key) ?? { url, name, atNs: [], values: [] };
    this.#pages.set(key, series);
    series.atNs.push(atNs);
    series.values.push(value);
  }

  #device(fold: DeviceFold): DeviceObservation {
    const lacks = [...fold.lacks].map(
      ([metric, all]) => [metric, all.map(({ atNs, reason }) => ({ atNs: this.#at(atNs), reason }))] as const,
    );
    const before = this.#before.get(fold.device.uuid);
    return {
      device: fold.device,
      series: this.#series(fold),
      lacks: Object.fromEntries(lacks),
      before: before === undefined ? {} : this.#series(before),
    };
  }

  #series({ series }: DeviceFold): DeviceObservation['series'] {
    const entries = [...series].map(([metric, { source, atNs, values }]): [MetricName, Series] => [
      metric,
      { source, atNs: atNs.map((at) => this.#at(at)), values },
    ]);
    return Object.fromEntries(entries);
  }
}

function plusCost(sum: SamplerShare | null, more: SamplerShare): SamplerShare {
  if (sum === null) return more;
  return {
    cpuS: sum.cpuS + more.cpuS,
    wallS: sum.wallS + more.wallS,
    ticks: sum.ticks + more.ticks,
    lateP99Ns: Math.max(sum.lateP99Ns, more.lateP99Ns),
    lateMaxNs: Math.max(sum.lateMaxNs, more.lateMaxNs),
  };
}

/** Counts add up; of clocks and faults the newest counts. */
const plusNews = (sum: ExporterObservation | undefined, more: ExporterObservation): ExporterObservation => ({
  ...more,
  answers: (sum?.answers ?? 0) + more.answers,
  failures: (sum?.failures ?? 0) + more.failures,
  fault: more.fault ?? sum?.fault ?? null,
});
