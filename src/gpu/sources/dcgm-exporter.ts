import { readDcgmExporter } from '../recorded/dcgm-exporter.ts';
import type { DeviceSample } from '../sample.ts';
import { type Opened, type Source, type SourceContext, unavailable } from '../source.ts';
import { ChangeInterval } from './change-interval.ts';
import { Outlook } from './outlook.ts';
import { type PageNews, WatchedPage } from './page.ts';

/** An exporter whose values stand still for longer is no longer collecting. */
const STANDSTILL_NS = 120e9;

/** Opens a dcgm-exporter by its URL, fetched every `everyMs`; the first answer must come and hold a GPU. */
export async function openDcgmExporter(context: SourceContext, url: string, everyMs: number): Promise<Opened> {
  const source = new DcgmExporter(context, url);
  await source.fetch();
  const fault = source.fault();
  if (fault !== null) return unavailable('dcgm-exporter', fault);
  if (source.inventory().devices.length === 0) {
    return unavailable('dcgm-exporter', `${url}: found no line that begins with DCGM_, expected a dcgm-exporter`);
  }
  source.begin(everyMs);
  return { kind: 'open', source };
}

/**
 * dcgm-exporter, of this node or another one. It repeats its last values between its own collections: a repetition is no
 * sample. What it says is taken for the time at which it was found changed.
 */
export class DcgmExporter implements Source {
  readonly name = 'dcgm-exporter';
  readonly #context: SourceContext;
  readonly #page: WatchedPage;
  readonly #outlook = new Outlook();
  readonly #changes = new ChangeInterval();
  #driver: string | null = null;
  #fault: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #under: 'way' | 'none' = 'none';

  constructor(context: SourceContext, url: string) {
    this.#context = context;
    this.#page = new WatchedPage(url, context);
  }

  begin(everyMs: number): void {
    this.#timer = setInterval(() => void this.fetch(), everyMs);
  }

  /** How often its values really change, ns; null: not known yet. */
  get intervalNs(): number | null {
    return this.#changes.intervalNs;
  }

  inventory() {
    return this.#outlook.inventory(this.#driver);
  }

  take(): readonly DeviceSample[] {
    return this.#outlook.take();
  }

  processes(): null {
    return null;
  }

  fault(): string | null {
    if (this.#fault !== null) return this.#fault;
    const changed = this.#changes.changedNs;
    const still = changed !== null && this.#context.nowNs() - changed > STANDSTILL_NS;
    return still ? `${this.#page.url}: its values have not changed for two minutes` : null;
  }

  page(): PageNews {
    return this.#page.news();
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Asks once; one question at a time. */
  async fetch(): Promise<void> {
    if (this.#under === 'way') return;
    this.#under = 'way';
    try {
      const { text, atNs } = await this.#page.fetch();
      this.#fault = null;
      this.#hear(text, atNs);
    } catch (error) {
      this.#fault = `${this.#page.url}: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.#under = 'none';
  }

  #hear(text: string, atNs: number): void {
    const { samples, devices, driver } = readDcgmExporter(text);
    this.#driver ??= driver;
    const print = JSON.stringify(samples.map(({ readings }) => readings));
    if (!this.#changes.changed(print, atNs)) return;
    // One that has only just begun tells of none yet. Of a GPU that fell off the bus it tells no more.
    if (devices.length > 0) this.#outlook.only(devices);
    this.#outlook.hear(
      samples.map((sample) => ({ ...sample, atNs })),
      devices,
    );
  }
}
