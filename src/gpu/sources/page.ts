/** A page that was fetched, with the time that its server's clock showed. */
export interface Page {
  readonly text: string;
  /** Milliseconds since 1970 of the `Date` header, whole seconds; null: none. */
  readonly serverMs: number | null;
}

const MOST_BYTES = 8 * 2 ** 20;

/** Fetches a page of metrics; throws one sentence where that does not succeed within the time. */
export async function fetchPage(url: string, withinMs: number): Promise<Page> {
  const response = await fetch(url, {
    signal: AbortSignal.timeout(withinMs),
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
