import type { GrpcSpec, HeaderValue, HttpSpec } from './endpoint-spec.ts';
import { formatDuration } from './quantity.ts';
import type { ServedEndpoint } from './served-endpoint.ts';
import type { NetworkSpec } from './target-spec.ts';
import { viaText } from './via-spec.ts';

/** An endpoint in one line: where, what is asked, over how many connections. Of secrets only where they are. */
export function endpointText(spec: NetworkSpec): string {
  const { connections, streams, tls, readyWithinNs, headers } = spec;
  const many = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return [
    spec.served === undefined
      ? `${spec.kind}: ${spec.kind === 'http' ? httpText(spec) : grpcText(spec)}`
      : servedText(spec, spec.served),
    `${many(connections, 'connection')} of each agent${streams === 1 ? '' : ` with ${streams} streams`}`,
    tls === null
      ? ''
      : `TLS${tls.ca === null ? '' : ` trusting ${tls.ca}`}${tls.certificate === null ? '' : ' with a client certificate'}`,
    spec.via === undefined ? '' : `through a network of ${viaText(spec.via)}`,
    ...Object.entries(headers).map(([name, value]) => headerText(name, value)),
    readyWithinNs === null ? '' : `ready within ${formatDuration(readyWithinNs)}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function httpText({ url, version, reuse, compress, call }: HttpSpec): string {
  const what =
    call.kind === 'oip'
      ? `model ${call.model} at ${url}, ${call.form} tensors, batch ${call.batch}`
      : `${call.method} ${url}${call.data === null ? '' : ` filled from ${call.data.file.path}`}${call.stream === null ? '' : ', answered by a stream of events'}`;
  return `${what}${compress === null ? '' : `, bodies in ${compress}`}, HTTP/${version}${reuse === 'never' ? ', a connection for each request' : ''}`;
}

const grpcText = ({ address, call }: GrpcSpec): string =>
  call.kind === 'oip' ? `model ${call.model} at ${address}, batch ${call.batch}` : `${call.method} at ${address}`;

function servedText(spec: NetworkSpec, { model, sessions, threads, batching }: ServedEndpoint): string {
  const name = model.kind === 'reference' ? model.name : model.path;
  const how = spec.kind === 'grpc' ? 'gRPC' : `HTTP, ${spec.call.kind === 'oip' ? spec.call.form : 'plain'} tensors`;
  const together =
    batching === null ? '' : `, batches up to ${batching.max} within ${formatDuration(batching.delayNs)}`;
  return `serve: ${name} over ${how}, ${sessions} session${sessions === 1 ? '' : 's'} of ${threads} thread${threads === 1 ? '' : 's'}, batch ${spec.call.batch}${together}`;
}

function headerText(name: string, value: HeaderValue): string {
  if (typeof value === 'string') return `${name}: ${value}`;
  const { secret } = value;
  return `${name} from the agent’s ${secret.kind === 'env' ? `variable ${secret.name}` : `file ${secret.path}`}`;
}
