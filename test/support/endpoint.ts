import { Client, credentials, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { PLAIN_SESSION } from '../../src/campaign/target-spec.ts';
import { type Endpoint, openEndpoint } from '../../src/endpoint/endpoint.ts';
import { type EndpointSpec, USUAL } from '../../src/endpoint/endpoint-spec.ts';
import { type InferenceMethods, inferenceMethods, type UnaryMethod } from '../../src/oip/grpc-methods.ts';
import { joined } from '../../src/oip/http-message.ts';
import { encodeRequest, type RequestForm } from '../../src/oip/http-request.ts';
import { decodeResponse } from '../../src/oip/http-response.ts';
import { HEADER_LENGTH_HEADER, type InferRequest, type InferResponse } from '../../src/oip/infer.ts';
import { ns } from '../../src/time/ns.ts';

/** An endpoint on free ports of loopback, which ends with the test. */
export interface Served {
  readonly endpoint: Endpoint;
  /** `http://127.0.0.1:…` */
  readonly url: string;
  readonly grpc: GrpcCalls;
}

export type GrpcCalls = {
  readonly [M in keyof InferenceMethods]: InferenceMethods[M] extends UnaryMethod<infer I, infer O>
    ? (message: I, options?: { metadata?: Metadata; deadline?: number }) => Promise<O>
    : never;
};

/** Serves a model file under the name `m`. */
export async function served(
  path: string,
  over: Partial<EndpointSpec> = {},
  env: Record<string, string> = {},
): Promise<Served> {
  const endpoint = await openEndpoint(specFor(path, over), { env, version: 'test', log: pino({ level: 'silent' }) });
  const url = `http://127.0.0.1:${endpoint.http?.port}`;
  const client = new Client(`127.0.0.1:${endpoint.grpc?.port}`, credentials.createInsecure());
  onTestFinished(async () => {
    client.close();
    await endpoint.drain();
  });
  return { endpoint, url, grpc: callsOn(client) };
}

export const specFor = (path: string, over: Partial<EndpointSpec> = {}): EndpointSpec => ({
  name: 'm',
  served: {
    model: { kind: 'file', path, sha256: '' },
    providers: ['cpu'],
    require: null,
    threads: 1,
    session: PLAIN_SESSION,
    bind: {},
  },
  workers: 1,
  batching: null,
  queue: USUAL.queue,
  http: { host: '127.0.0.1', port: 0 },
  grpc: { host: '127.0.0.1', port: 0 },
  tls: null,
  token: null,
  maxBodyBytes: USUAL.maxBodyBytes,
  receiveNs: ns(USUAL.receiveNs),
  maxConnections: USUAL.maxConnections,
  rateLimit: null,
  objectivesS: [],
  graceNs: ns(0),
  drainNs: ns(5e9),
  ...over,
});

export function callsOn(client: Client): GrpcCalls {
  const methods: Readonly<Record<string, UnaryMethod<object, object>>> = inferenceMethods() as never;
  const calls = Object.entries(methods).map(([name, method]) => [name, callOf(client, method)]);
  return Object.fromEntries(calls) as GrpcCalls;
}

const callOf =
  (client: Client, method: UnaryMethod<object, object>) =>
  (message: object, options: { metadata?: Metadata; deadline?: number } = {}): Promise<object> =>
    rawCall(client, method.path, Buffer.from(method.encodeRequest(message)), options).then((bytes) =>
      method.decodeResponse(bytes),
    );

/** A call of bytes that may be no message at all. Rejects with gRPC's own error, which has a `code`. */
export function rawCall(
  client: Client,
  path: string,
  bytes: Buffer,
  { metadata, deadline }: { metadata?: Metadata; deadline?: number } = {},
): Promise<Buffer> {
  const same = (all: Buffer): Buffer => all;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const done = (error: ServiceError | null, answer?: Buffer): void =>
    error === null ? resolve(answer as Buffer) : reject(error);
  const options = deadline === undefined ? {} : { deadline };
  if (metadata === undefined) client.makeUnaryRequest(path, same, same, bytes, options, done);
  else client.makeUnaryRequest(path, same, same, bytes, metadata, options, done);
  return promise;
}

/** Asks over HTTP; rejects with the status and the sentence when refused. */
export async function asked(
  url: string,
  request: InferRequest,
  form: RequestForm,
  headers: Record<string, string> = {},
): Promise<InferResponse> {
  const message = encodeRequest(request, form);
  const length = message.headerLength === null ? {} : { [HEADER_LENGTH_HEADER]: String(message.headerLength) };
  const response = await fetch(`${url}/v2/models/m/infer`, {
    method: 'POST',
    body: Buffer.from(joined(message)),
    headers: { ...length, ...headers },
  });
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${response.status} ${Buffer.from(body)}`);
  const header = response.headers.get(HEADER_LENGTH_HEADER);
  return decodeResponse(body, header === null ? null : Number(header));
}
