import { mergedInventory } from '../../gpu/merged-inventory.ts';
import type { NodeInventory } from '../../gpu/observation.ts';
import { Plausibility } from '../../gpu/plausibility.ts';
import type { DeviceSample } from '../../gpu/sample.ts';
import type { Source, SourceContext } from '../../gpu/source.ts';
import { SourceChoice } from '../../gpu/source-choice.ts';
import type { PageNews } from '../../gpu/sources/page.ts';
import { openSources } from '../../gpu/sources/registry.ts';
import type { ReadText } from '../../wire/read-text.ts';
import type { Block, ObservedProcess } from '../../wire/telemetry-codec.ts';
import { Lateness, type Usage } from './lateness.ts';
import { PageReader } from './page-reader.ts';
import { PowerPace } from './power-pace.ts';
import { Sightings } from './sightings.ts';
import { beginning, type Due, LEAST_FAST_NS, nextTick, type Tempo, tick, withBoundaries } from './tempo.ts';
import { BEAT_MS, type SamplerOrders, type ToSampler } from './words.ts';

/** What a sampler touches of the world. */
export interface SamplerWorld extends SourceContext {
  readonly read: ReadText;
  /** Uniform in [0, 1). */
  readonly draw: () => number;
  /** CPU time of this process and of the tools that it runs, s. */
  readonly cpuS: () => number;
  /** The agent's process. */
  readonly agent: number;
  readonly send: (block: Block) => void;
}

/** What the first block of a sampler, and one after a flush, says of the node. */
export type InventoryReport = Required<NodeInventory>;

const ACTIVITY_NS = 500e6;
const SLOW_NS = 1e9;
const PAGES_MS = 1_000;
/** How long an answer waits for streams: less than who asks waits for it. */
const ANSWER_NS = 500e6;
const ANSWER_POLL_MS = 20;
/** A timer wakes a little late: for a boundary it is set earlier by this, and the rest is waited for in place. */
const EARLY_NS = 0.2e6;
/** How much earlier than asked for a timer may wake: it counts whole milliseconds. */
const TIMER_NS = 1.2e6;

/** Reads the GPUs of a node at the tempo that was ordered, until it is closed. */
export class Sampler {
  readonly #world: SamplerWorld;
  readonly #sources: readonly Source[];
  readonly #refused: readonly string[];
  readonly #choice: SourceChoice;
  readonly #plausibility = new Plausibility();
  readonly #pace = new PowerPace();
  readonly #lateness: Lateness;
  readonly #pages: PageReader;
  readonly #sightings: Sightings;
  readonly #tempo: Tempo;
  readonly #faulty = new Set<Source>();
  #due: Due;
  #samples: DeviceSample[] = [];
  #fromNs: number;
  #inventory: 'due' | 'sent' = 'due';
  #timer: NodeJS.Timeout | null = null;
  #answering: NodeJS.Timeout | null = null;
  readonly #beat: NodeJS.Timeout;

  private constructor(
    orders: SamplerOrders,
    world: SamplerWorld,
    sources: readonly Source[],
    refused: readonly string[],
  ) {
    this.#world = world;
    this.#sightings = new Sightings(world.read, world.agent, orders.processes);
    this.#sources = sources;
    this.#refused = refused;
    this.#choice = new SourceChoice(sources.map(({ name }) => name));
    for (const source of sources) this.#choice.know(source.inventory().devices);
    this.#tempo = { fastNs: Math.max(LEAST_FAST_NS, orders.fastMs * 1e6), activityNs: ACTIVITY_NS, slowNs: SLOW_NS };
    this.#fromNs = world.nowNs();
    this.#due = beginning(this.#fromNs);
    this.#lateness = new Lateness(this.#usage());
    this.#pages = new PageReader(orders.pages, world, PAGES_MS);
    this.#beat = setInterval(() => this.flush(), BEAT_MS);
    this.#wait();
  }

  static async open(orders: SamplerOrders, world: SamplerWorld): Promise<Sampler> {
    const { sources, dcgm, fastMs } = orders;
    const opened = await openSources({ sources, dcgm, fastMs, activityMs: ACTIVITY_NS / 1e6 }, world);
    return new Sampler(orders, world, opened.sources, opened.refused);
  }

  hear(word: ToSampler): void {
    if (word.kind === 'boundaries') {
      this.#due = withBoundaries(this.#due, word.atNs, this.#world.nowNs());
      this.#wait();
      return;
    }
    const nowNs = this.#world.nowNs();
    this.#answer(nowNs, nowNs + ANSWER_NS);
  }

  /** Sends what there is, with what streams have yet to tell of the instant at which they were asked. */
  #answer(askedNs: number, untilNs: number): void {
    const nowNs = this.#world.nowNs();
    this.#read(nowNs);
    if (nowNs < untilNs && this.#pace.owes(askedNs, untilNs)) {
      this.#answering = setTimeout(() => this.#answer(askedNs, untilNs), ANSWER_POLL_MS);
      return;
    }
    this.#inventory = 'due';
    this.flush();
  }

  /** Sends what there is. */
  flush(): void {
    const toNs = this.#world.nowNs();
    const inventoryJson = this.#inventory === 'due' ? JSON.stringify(this.report()) : '';
    this.#inventory = 'sent';
    const samples = this.#samples;
    this.#samples = [];
    const processes = this.#processes();
    this.#world.send({
      fromNs: this.#fromNs,
      toNs,
      samples,
      processes: processes === null ? null : { atNs: toNs, rows: processes },
      cost: this.#lateness.cost(this.#usage()),
      inventoryJson,
      pages: this.#pages.take(),
      exporters: this.#exporters(),
    });
    this.#fromNs = toNs;
  }

  /** What there is to read on this node, and by what. */
  report(): InventoryReport {
    const merged = mergedInventory(this.#sources.map((source) => this.#choice.named(source.inventory())));
    const sources = this.#sources.map((source) => ({ name: source.name, fault: source.fault() }));
    const untold = Object.fromEntries(merged.devices.map(({ device: { uuid } }) => [uuid, this.#choice.untold(uuid)]));
    return { ...merged, sources, refused: this.#refused, untold };
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#answering !== null) clearTimeout(this.#answering);
    clearInterval(this.#beat);
    this.#pages.close();
    for (const source of this.#sources) source.close();
  }

  #wait(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const nextNs = nextTick(this.#due, this.#tempo);
    const waitMs = (nextNs - this.#world.nowNs() - (this.#isBoundary(nextNs) ? EARLY_NS : 0)) / 1e6;
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, waitMs));
  }

  #tick(): void {
    const dueNs = nextTick(this.#due, this.#tempo);
    let nowNs = this.#world.nowNs();
    // Only counters at a boundary are worth computing until the very instant.
    if (this.#isBoundary(dueNs)) while (nowNs < dueNs && dueNs - nowNs < TIMER_NS) nowNs = this.#world.nowNs();
    if (dueNs - nowNs < TIMER_NS) {
      this.#lateness.tick(nowNs - dueNs);
      this.#read(Math.max(nowNs, dueNs));
    }
    this.#wait();
  }

  #isBoundary(atNs: number): boolean {
    return this.#due.boundaries[0] === atNs;
  }

  #read(nowNs: number): void {
    const { wanted, due } = tick(this.#due, this.#tempo, nowNs, this.#world.draw);
    this.#due = due;
    for (const source of this.#sources) {
      for (const sample of source.take(wanted)) this.#admit(sample, nowNs);
      this.#watch(source);
    }
  }

  #admit(sample: DeviceSample, nowNs: number): void {
    const admitted = this.#choice.admit(sample);
    if (admitted === null) return;
    const atNs = admitted.atNs ?? nowNs;
    this.#pace.saw(admitted, atNs);
    this.#samples.push(this.#plausibility.check(admitted, atNs));
  }

  /** A source that works no more leaves its metrics to the others. */
  #watch(source: Source): void {
    const fault = source.fault();
    if (fault === null) {
      this.#faulty.delete(source);
    } else if (!this.#faulty.has(source)) {
      this.#faulty.add(source);
      this.#choice.ended(source.name);
      this.#inventory = 'due';
    }
  }

  #exporters(): readonly PageNews[] {
    return [...this.#sources.flatMap((source) => source.page?.() ?? []), ...this.#pages.news()];
  }

  #processes(): readonly ObservedProcess[] | null {
    for (const source of this.#sources) {
      const found = source.processes();
      if (found !== null) return this.#sightings.of(found);
    }
    return null;
  }

  #usage(): Usage {
    return { cpuS: this.#world.cpuS(), atNs: this.#world.nowNs() };
  }
}
