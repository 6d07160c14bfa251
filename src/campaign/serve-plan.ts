import { ns } from '../time/ns.ts';
import { USUAL_CONNECTIONS, USUAL_STREAMS } from './connection-schema.ts';
import type { GrpcSpec, HttpSpec } from './endpoint-spec.ts';
import { feedsOf, type SamplesContext } from './sample-files.ts';
import { SERVED_NAME, type ServedBatching, type ServedEndpoint } from './served-endpoint.ts';
import type { TargetOptions } from './target-schema.ts';
import type { ModelSource } from './target-spec.ts';

type ServeOptions = Extract<TargetOptions, { kind: 'serve' }>['options'];

/** Requests that a connection of a served target may have in flight. */
export const servedStreams = ({ protocol }: Pick<ServeOptions, 'protocol'>): number =>
  protocol === 'grpc' ? USUAL_STREAMS : 1;

/** Our own endpoint, and how it is spoken to: an endpoint like any other, but that the trial brings it along. */
export function serveSpec(options: ServeOptions, model: ModelSource, context: SamplesContext): HttpSpec | GrpcSpec {
  const { protocol, batch, bind } = options;
  const call = {
    kind: 'oip',
    model: SERVED_NAME,
    modelVersion: null,
    batch,
    bind,
    ...feedsOf(options, context),
  } as const;
  const connection = {
    connections: options.connections ?? USUAL_CONNECTIONS,
    streams: servedStreams(options),
    tls: null,
    readyWithinNs: null,
    audit: null,
    headers: {},
    served: endpointOf(options, model),
    ...(options.via === undefined ? {} : { via: options.via }),
  };
  if (protocol === 'grpc') {
    return { kind: 'grpc', address: '127.0.0.1:0', service: null, deadlineNs: null, ...connection, call };
  }
  const form = protocol === 'oip-binary' ? 'binary' : 'json';
  return {
    kind: 'http',
    url: 'http://127.0.0.1:0',
    version: '1.1',
    reuse: 'always',
    compress: null,
    ...connection,
    call: { ...call, form },
  };
}

function endpointOf(options: ServeOptions, model: ModelSource): ServedEndpoint {
  const { providers, require, threads, session, bind, sessions, batching } = options;
  return { model, providers, require, threads, session, bind, sessions, batching: batchingOf(batching) };
}

function batchingOf(batching: ServeOptions['batching']): ServedBatching | null {
  if (batching === undefined) return null;
  const { max, delay, preferred } = batching;
  return { max, delayNs: delay ?? ns(0), preferred: [...(preferred ?? [])].sort((a, b) => a - b) };
}
