// Targets of benches: a small GET, and a small unary call.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GrpcSpec, HttpSpec } from '../../src/campaign/endpoint-spec.ts';

const PLAIN = { tls: null, readyWithinNs: null, audit: null, headers: {} };

export const getTarget = (port: number, connections: number): HttpSpec => ({
  kind: 'http',
  url: `http://127.0.0.1:${port}/`,
  version: '1.1',
  reuse: 'always',
  compress: null,
  connections,
  streams: 1,
  ...PLAIN,
  call: {
    kind: 'plain',
    method: 'GET',
    body: null,
    data: null,
    stream: null,
    expect: { status: [200], contains: null, json: null },
    batch: 1,
  },
});

/** `Hello { name: "anna" }`, asked and answered. */
export const GREETING: Buffer = Buffer.from('\n\u0004anna');

/** Greets by a `.proto` file that it writes into `folder`. */
export function greetTarget(port: number, connections: number, streams: number, folder: string): GrpcSpec {
  const proto = join(folder, 'greet.proto');
  writeFileSync(
    proto,
    'syntax = "proto3";\npackage greet;\nmessage Hello { string name = 1; }\nservice Greeter { rpc SayHello (Hello) returns (Hello); }\n',
  );
  return {
    kind: 'grpc',
    address: `127.0.0.1:${port}`,
    service: null,
    deadlineNs: null,
    connections,
    streams,
    ...PLAIN,
    call: {
      kind: 'method',
      proto: { path: proto, sha256: '', bytes: 0, cache: folder },
      method: 'greet.Greeter/SayHello',
      message: { name: 'anna' },
      batch: 1,
    },
  };
}
