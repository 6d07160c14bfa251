import type { HttpSpec } from '../../campaign/endpoint-spec.ts';
import type { Carrier, CarrierUse } from './carrier.ts';
import { dialer, remoteOf, tlsOptions } from './dial.ts';
import { Http1Carrier } from './http1-carrier.ts';
import { Http2Carrier } from './http2/carrier.ts';
import { resolvedHeaders, type SecretPlaces } from './secret.ts';

/** What carries the requests to an HTTP endpoint, not yet connected. @throws SecretError */
export function httpCarrier(
  { url, version, tls, headers, reuse, dialAt }: HttpSpec,
  secrets: SecretPlaces,
  { connections, streams, now, events }: CarrierUse,
): Carrier {
  const place = new URL(url);
  const { host, origin } = place;
  const remote = remoteOf(place);
  const secured = tls === null ? null : tlsOptions(tls, remote.host, secrets);
  const common = [['user-agent', 'loadcell'] as const, ...resolvedHeaders(headers, secrets)];
  const dial = dialer(dialAt ?? remote, secured, version === '2' ? 'h2' : 'http/1.1');
  if (version === '2') {
    return new Http2Carrier({
      connections,
      streams,
      dial,
      common: { scheme: tls === null ? 'http' : 'https', authority: host, headers: common },
      statusIn: ':status',
      now,
      events,
      where: origin,
    });
  }
  return new Http1Carrier({
    connections,
    dial,
    now,
    events,
    common: { host, headers: common, reuse },
    where: origin,
  });
}
