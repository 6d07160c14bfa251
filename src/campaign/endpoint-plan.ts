import { USUAL_CONNECTIONS, USUAL_STREAMS } from './connection-schema.ts';
import type { ConnectionSpec, GrpcSpec, HttpSpec, OipCall, PlainCall, SecretSource, TlsSpec } from './endpoint-spec.ts';
import { inputsOf, type SamplesContext, stagedFile } from './sample-files.ts';
import { servedStreams } from './serve-plan.ts';
import type { TargetOptions } from './target-schema.ts';

type HttpOptions = Extract<TargetOptions, { kind: 'http' }>['options'];
type GrpcOptions = Extract<TargetOptions, { kind: 'grpc' }>['options'];

/** Requests that one agent can have in service, before there is a plan. */
export function placesOfOptions(options: TargetOptions, workers: number): number {
  switch (options.kind) {
    case 'http':
    case 'grpc':
      return (options.options.connections ?? USUAL_CONNECTIONS) * streamsOf(options);
    case 'serve':
      return (options.options.connections ?? USUAL_CONNECTIONS) * servedStreams(options.options);
    default:
      return workers;
  }
}

const streamsOf = (options: Extract<TargetOptions, { kind: 'http' | 'grpc' }>): number =>
  options.kind === 'http' && options.options.version === 1 ? 1 : (options.options.streams ?? USUAL_STREAMS);

/** An HTTP endpoint with nothing left to decide. */
export function httpSpec(options: HttpOptions, context: SamplesContext): HttpSpec {
  const { url, version, reuse, compress, headers = {}, protocol } = options;
  const isSecured = url.startsWith('https:');
  return {
    kind: 'http',
    url,
    version: version === 1 ? '1.1' : '2',
    reuse,
    compress: compress ?? null,
    ...connectionSpec(options, streamsOf({ kind: 'http', options }), isSecured, context),
    headers: secretsIn(headers),
    call:
      protocol === undefined
        ? plainCall(options, context)
        : { ...oipCall(options, context), form: protocol === 'oip-binary' ? 'binary' : 'json' },
  };
}

/** A gRPC endpoint with nothing left to decide. */
export function grpcSpec(options: GrpcOptions, context: SamplesContext): GrpcSpec {
  const { address, service, deadline, metadata = {}, proto, method, message, batch } = options;
  return {
    kind: 'grpc',
    address,
    service: service ?? null,
    deadlineNs: deadline ?? null,
    ...connectionSpec(options, streamsOf({ kind: 'grpc', options }), options.tls !== undefined, context),
    headers: secretsIn(metadata),
    call:
      proto === undefined || method === undefined
        ? oipCall(options, context)
        : { kind: 'method', proto: stagedFile('proto', proto, context), method, message: message ?? {}, batch },
  };
}

function connectionSpec(
  { connections, tls, ready, audit, via }: Pick<HttpOptions, 'connections' | 'tls' | 'ready' | 'audit' | 'via'>,
  streams: number,
  isSecured: boolean,
  context: SamplesContext,
): Omit<ConnectionSpec, 'headers'> {
  return {
    connections: connections ?? USUAL_CONNECTIONS,
    streams,
    tls: isSecured ? tlsSpec(tls ?? {}, context) : null,
    readyWithinNs: ready?.within ?? null,
    audit: audit === undefined ? null : { pairs: audit.sameSample.pairs, withinNs: audit.sameSample.within },
    ...(via === undefined ? {} : { via }),
  };
}

function tlsSpec(
  { ca, certificate, key, serverName }: NonNullable<HttpOptions['tls']>,
  context: SamplesContext,
): TlsSpec {
  return {
    ca: ca === undefined ? null : stagedFile('pem', ca, context).path,
    certificate: certificate === undefined ? null : stagedFile('pem', certificate, context).path,
    key: key === undefined ? null : sourceOf(key.secret),
    serverName: serverName ?? null,
  };
}

type Secret = Extract<NonNullable<HttpOptions['headers']>[string], object>['secret'];

const sourceOf = (secret: Secret): SecretSource =>
  secret.kind === 'env' ? { kind: 'env', name: secret.options } : { kind: 'file', path: secret.options };

const secretsIn = (headers: NonNullable<HttpOptions['headers']>): ConnectionSpec['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      typeof value === 'string' ? value : { secret: sourceOf(value.secret) },
    ]),
  );

function oipCall(
  {
    model,
    modelVersion,
    batch,
    bind,
    inputs,
  }: Pick<HttpOptions, 'model' | 'modelVersion' | 'batch' | 'bind' | 'inputs'>,
  context: SamplesContext,
): OipCall {
  return {
    kind: 'oip',
    model: model ?? '',
    modelVersion: modelVersion ?? null,
    batch,
    bind,
    inputs: inputs === undefined ? { kind: 'random', samples: 1024 } : inputsOf(inputs, context),
  };
}

function plainCall(
  { method, body, data, expect, stream, events = {}, batch }: HttpOptions,
  context: SamplesContext,
): PlainCall {
  const { done = null, type = null, holding = null, atLeast = 1 } = events;
  return {
    kind: 'plain',
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    body: body ?? null,
    data:
      data === undefined
        ? null
        : {
            format: data.chosen.kind,
            file: stagedFile(data.chosen.kind, data.chosen.options.file, context),
            pick: data.pick,
          },
    expect: {
      status: expect?.status ?? [200],
      contains: expect?.contains ?? null,
      json: expect?.json ?? null,
    },
    stream: stream === undefined ? null : { done, type, holding, atLeast },
    batch,
  };
}
