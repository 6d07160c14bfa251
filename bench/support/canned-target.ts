// The canned server on a core of its own, and the plain target that asks it.
import { fileURLToPath } from 'node:url';
import type { HttpSpec } from '../../src/campaign/endpoint-spec.ts';
import { server } from './pinned.ts';

/** A server of `protocol` that answers at once, and prints its port. */
export const cannedServer = (protocol: 'http' | 'grpc') =>
  server(fileURLToPath(new URL('./canned-server.ts', import.meta.url)), [protocol]);

/** GET over HTTP/1.1, checked for its status alone. */
export const plainTarget = (url: string, connections: number): HttpSpec => ({
  kind: 'http',
  url,
  version: '1.1',
  reuse: 'always',
  connections,
  streams: 1,
  tls: null,
  readyWithinNs: null,
  headers: {},
  call: {
    kind: 'plain',
    method: 'GET',
    body: null,
    data: null,
    expect: { status: [200], contains: null, json: null },
    batch: 1,
  },
});
