import { expositionSample } from '../../gpu/recorded/exposition.ts';
import { linesOf } from '../../gpu/recorded/text-lines.ts';
import type { SourceContext } from '../../gpu/source.ts';
import { type PageNews, WatchedPage } from '../../gpu/sources/page.ts';
import type { PageValue } from '../../wire/telemetry-codec.ts';

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
  readonly #pages: readonly WatchedPage[];
  readonly #timers: readonly NodeJS.Timeout[];
  #values: PageValue[] = [];

  constructor(
    pages: readonly { readonly url: string; readonly metrics: readonly string[] }[],
    context: SourceContext,
    everyMs: number,
  ) {
    const watched = pages.map(({ url, metrics }) => ({ page: new WatchedPage(url, context), metrics }));
    this.#pages = watched.map(({ page }) => page);
    this.#timers = watched.map(({ page, metrics }) => setInterval(() => void this.#fetch(page, metrics), everyMs));
  }

  take(): readonly PageValue[] {
    const taken = this.#values;
    this.#values = [];
    return taken;
  }

  /** How each page's server answered since the last call. */
  news(): readonly PageNews[] {
    return this.#pages.map((page) => page.news());
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #fetch(page: WatchedPage, metrics: readonly string[]): Promise<void> {
    try {
      const { text, atNs } = await page.fetch();
      this.#values.push(...pageValues(text, metrics, page.url, atNs));
    } catch {
      // Its seconds are not there, and that it failed is news of the page.
    }
  }
}
