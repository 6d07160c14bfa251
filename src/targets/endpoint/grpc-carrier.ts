import type { GrpcSpec } from '../../campaign/endpoint-spec.ts';
import type { CarrierUse } from './carrier.ts';
import { dialer, remoteOf, tlsOptions } from './dial.ts';
import { grpcTimeout } from './grpc-deadline.ts';
import { Http2Carrier } from './http2/carrier.ts';
import { resolvedHeaders, type SecretPlaces } from './secret.ts';

/** What carries the calls of a gRPC endpoint, not yet connected. @throws SecretError */
export function grpcCarrier(
  { address, tls, headers, deadlineNs, dialAt }: GrpcSpec,
  secrets: SecretPlaces,
  { connections, streams, now, events }: CarrierUse,
): Http2Carrier {
  const scheme = tls === null ? 'http' : 'https';
  const remote = remoteOf(new URL(`${scheme}://${address}`));
  const deadline: [string, string][] = deadlineNs === null ? [] : [['grpc-timeout', grpcTimeout(deadlineNs)]];
  return new Http2Carrier({
    connections,
    streams,
    dial: dialer(dialAt ?? remote, tls === null ? null : tlsOptions(tls, remote.host, secrets), 'h2'),
    common: {
      scheme,
      authority: address,
      headers: [
        ['content-type', 'application/grpc'],
        ['te', 'trailers'],
        ['user-agent', 'loadcell'],
        ...deadline,
        ...resolvedHeaders(headers, secrets),
      ],
    },
    statusIn: 'grpc-status',
    now,
    events,
    where: address,
  });
}
