import type { GrpcSpec } from '../../campaign/endpoint-spec.ts';
import type { CarrierUse } from './carrier.ts';
import { tlsOptions } from './dial.ts';
import { Http2Carrier } from './http2-carrier.ts';
import { resolvedHeaders, type SecretPlaces } from './secret.ts';

/** What carries the calls of a gRPC endpoint, not yet connected. @throws SecretError */
export function grpcCarrier(
  { address, tls, headers, deadlineNs, dialAt }: GrpcSpec,
  secrets: SecretPlaces,
  { connections, streams, now, events }: CarrierUse,
): Http2Carrier {
  const host = address.replace(/:\d+$/u, '').replace(/^\[|\]$/gu, '');
  const deadline: [string, string][] = deadlineNs === null ? [] : [['grpc-timeout', `${Math.ceil(deadlineNs / 1e3)}u`]];
  return new Http2Carrier({
    connections,
    streams,
    authority: `${tls === null ? 'http' : 'https'}://${address}`,
    options: { ...(tls === null ? {} : tlsOptions(tls, host, secrets)), ...dialAt },
    headers: [
      ['content-type', 'application/grpc'],
      ['te', 'trailers'],
      ['user-agent', 'loadcell'],
      ...deadline,
      ...resolvedHeaders(headers, secrets),
    ],
    statusIn: 'grpc-status',
    now,
    events,
    where: address,
  });
}
