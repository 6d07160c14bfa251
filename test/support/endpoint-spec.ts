// Specifications of network targets for tests.
import type { GrpcSpec, HttpSpec, PlainCall } from '../../src/campaign/endpoint-spec.ts';

export const plainHttp = (url: string, changes: Partial<HttpSpec> = {}, call: Partial<PlainCall> = {}): HttpSpec => ({
  kind: 'http',
  url,
  version: '1.1',
  reuse: 'always',
  compress: null,
  audit: null,
  connections: 4,
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
    stream: null,
    batch: 1,
    ...call,
  },
  ...changes,
});

export const oipGrpc = (address: string, changes: Partial<GrpcSpec> = {}): GrpcSpec => ({
  kind: 'grpc',
  address,
  service: null,
  deadlineNs: null,
  connections: 2,
  streams: 8,
  tls: null,
  readyWithinNs: null,
  audit: null,
  headers: {},
  call: {
    kind: 'oip',
    model: 'm',
    modelVersion: null,
    batch: 1,
    bind: {},
    inputs: { kind: 'random', samples: 16 },
  },
  ...changes,
});
