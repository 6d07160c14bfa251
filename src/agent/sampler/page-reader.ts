import { expositionSample } from '../../gpu/recorded/exposition.ts';
import { linesOf } from '../../gpu/recorded/text-lines.ts';
import { fetchPage } from '../../gpu/sources/page.ts';
import type { PageValue } from '../../wire/telemetry-codec.ts';

const WITHIN_MS = 2_000;
/** A page that names no metrics may hold thousands. */
const MOST_VALUES = 500;

/** The values of a page in Prometheus' text format whose name, or name with labels, is wanted; none named: all. */
export function pageValues(text: string, wanted: readonly string[], url: string, atNs: number): readonly PageValue[] {
  const values: PageValue[] = [];
  for (const line of linesOf(text)) {
    if (values.length >= MOST_VALUES) break;
    const sample = line.startsWith('#') ? null : expositionSample(line);
    if (sample === null || !(wanted.length === 0 || wanted.includes(sample.name))) continue;
    const value = Number(sample.value);
    if (sample.value === '' || !Number.isFinite(value)) continue;
    const labels = [...sample.labels].map(([label, text]) => `${label}="${text}"`).join(',');
    values.push({ atNs, url, name: labels === '' ? sample.name : `${sample.name}{${labels}}`, value });
  }
  return values;
}

/** Fetches the pages of metrics that a campaign names, once a second; one that does not answer says nothing. */
export class PageReader {
  readonly #pages: readonly { readonly url: string; readonly metrics: readonly string[] }[];
  readonly #nowNs: () => number;
  readonly #timers: readonly NodeJS.Timeout[];
  #values: PageValue[] = [];

  constructor(
    pages: readonly { readonly url: string; readonly metrics: readonly string[] }[],
    nowNs: () => number,
    everyMs: number,
  ) {
    this.#pages = pages;
    this.#nowNs = nowNs;
    this.#timers = this.#pages.map((page) => setInterval(() => void this.#fetch(page), everyMs));
  }

  take(): readonly PageValue[] {
    const taken = this.#values;
    this.#values = [];
    return taken;
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #fetch({ url, metrics }: { readonly url: string; readonly metrics: readonly string[] }): Promise<void> {
    try {
      const askedNs = this.#nowNs();
      const { text } = await fetchPage(url, WITHIN_MS);
      this.#values.push(...pageValues(text, metrics, url, (askedNs + this.#nowNs()) / 2));
    } catch {
      // Its seconds are not there, and that is what results show.
    }
  }
}
