// The canned server on a core of its own.
import { fileURLToPath } from 'node:url';
import { server } from './pinned.ts';

/** A server of `protocol` that answers at once, and prints its port. */
export const cannedServer = (protocol: 'http' | 'grpc') =>
  server(fileURLToPath(new URL('./canned-server.ts', import.meta.url)), [protocol]);
