// An endpoint whose answers take 5 to 15 ms, drawn, and that tells what they took it, by who asked. `exact` waits to the
// microsecond, through the event loop; `timer` by setTimeout alone, whose clock ticks once a millisecond: how long it waits
// depends on where within a millisecond requests come.
// Usage: node drawn-server.ts exact|timer
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What one asked in a row, and what the answers took, milliseconds. */
export interface Row {
  readonly asker: 'loadcell' | 'k6';
  readonly took: number[];
}

/** `took` answers any message. */
export type FromDrawn =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'took'; readonly rows: readonly Row[] };

const SPUN_MS = 1.5;

/** Runs it at that instant of `performance`. */
function exactly(atMs: number, run: () => void): void {
  const leftMs = atMs - performance.now();
  if (leftMs <= 0) run();
  else if (leftMs > 1 + SPUN_MS) setTimeout(exactly, leftMs - SPUN_MS, atMs, run);
  else setImmediate(exactly, atMs, run);
}

const isExact = process.argv[2] === 'exact';
const rows: Row[] = [];

const server = createServer((request, response) => {
  const fromMs = performance.now();
  const waitMs = 5 + 10 * Math.random();
  const asker = request.headers['user-agent'] === 'loadcell' ? 'loadcell' : 'k6';
  const respond = (): void => {
    response.end('ok');
    if (rows.at(-1)?.asker !== asker) rows.push({ asker, took: [] });
    rows.at(-1)?.took.push(performance.now() - fromMs);
  };
  if (isExact) exactly(fromMs + waitMs, respond);
  else setTimeout(respond, waitMs);
});
const tell = (message: FromDrawn): void => void process.send?.(message);
process.on('disconnect', () => process.exit(0));
process.on('message', () => tell({ kind: 'took', rows }));
server.listen(0, '127.0.0.1', () => tell({ kind: 'listening', port: (server.address() as AddressInfo).port }));
