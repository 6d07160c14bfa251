import type { SourceContext } from '../source.ts';
import { type ClockBounds, ServerClock } from './server-clock.ts';

const WITHIN_MS = 2_000;
const MOST_BYTES = 8 * 2 ** 20;

/** A page that was fetched. */
export interface Page {
  readonly text: string;
  /** The middle of the time in which it was fetched, nanoseconds of the node's monotonic clock. */
  readonly atNs: number;
}

/** How the server of a page answered since it was asked last, and how its clock stands to this node's. */
export interface PageNews {
  readonly url: string;
  readonly answers: number;
  readonly failures: number;
  /** Why the last one failed that did; null: none. */
  readonly fault: string | null;
  /** Of all answers so far; null: none told a date. */
  readonly clock: ClockBounds | null;
}

/** A page of metrics that is fetched again and again, of this node or another one. */
export class WatchedPage {
  readonly url: string;
  readonly #context: Pick<SourceContext, 'nowNs' | 'wallMs'>;
  readonly #clock = new ServerClock();
  #answers = 0;
  #failures = 0;
  #fault: string | null = null;

  constructor(url: string, context: Pick<SourceContext, 'nowNs' | 'wallMs'>) {
    this.url = url;
    this.#context = context;
  }

  /** Throws one sentence where it does not come within 2 s. */
  async fetch(): Promise<Page> {
    const { nowNs, wallMs } = this.#context;
    const [askedNs, askedMs] = [nowNs(), wallMs()];
    try {
      const { text, serverMs } = await fetched(this.url);
      this.#answers++;
      if (serverMs !== null) this.#clock.answered(serverMs, askedMs, wallMs());
      return { text, atNs: (askedNs + nowNs()) / 2 };
    } catch (error) {
      this.#failures++;
      this.#fault = faultOf(error);
      throw new Error(this.#fault, { cause: error });
    }
  }

  /** What is new since the last call. */
  news(): PageNews {
    const news = {
      url: this.url,
      answers: this.#answers,
      failures: this.#failures,
      fault: this.#fault,
      clock: this.#clock.bounds,
    };
    this.#answers = 0;
    this.#failures = 0;
    this.#fault = null;
    return news;
  }
}

/** What lies behind the words with which `fetch` fails: why no connection came about, or that nothing came in time. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${WITHIN_MS / 1e3} s`;
  // A name with several addresses fails once for each.
  const cause: unknown = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  return cause instanceof Error ? cause.message : error.message;
}

/** `serverMs`: milliseconds since 1970 of the `Date` header, whole seconds; null: none. */
async function fetched(url: string): Promise<{ readonly text: string; readonly serverMs: number | null }> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(WITHIN_MS),
    headers: { accept: 'text/plain;version=0.0.4' },
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`found status ${response.status}, expected 200`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new Error(`found more than ${MOST_BYTES} bytes, expected a page of metrics`);
    pieces.push(piece);
  }
  const date = Date.parse(response.headers.get('date') ?? '');
  return { text: Buffer.concat(pieces).toString('utf8'), serverMs: Number.isNaN(date) ? null : date };
}
