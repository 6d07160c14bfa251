// The canned server on a core of its own.
import { fileURLToPath } from 'node:url';
import { server } from './pinned.ts';

/** A server that answers at once, or after `delayMs`, and prints its port. `held`: over HTTP, each answer takes its thread. */
export const cannedServer = (protocol: 'http' | 'held' | 'grpc', delayMs = 0) =>
  server(fileURLToPath(new URL('./canned-server.ts', import.meta.url)), [protocol, String(delayMs)]);
