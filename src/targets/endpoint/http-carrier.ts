import type { HttpSpec } from '../../campaign/endpoint-spec.ts';
import type { Carrier, CarrierUse } from './carrier.ts';
import { dialer, tlsOptions } from './dial.ts';
import { Http1Carrier } from './http1-carrier.ts';
import { Http2Carrier } from './http2-carrier.ts';
import { resolvedHeaders, type SecretPlaces } from './secret.ts';

/** What carries the requests to an HTTP endpoint, not yet connected. @throws SecretError */
export function httpCarrier(
  { url, version, tls, headers, reuse, dialAt }: HttpSpec,
  secrets: SecretPlaces,
  { connections, streams, now, events }: CarrierUse,
): Carrier {
  const { hostname, protocol, host, port, origin } = new URL(url);
  const remote = {
    host: hostname.replace(/^\[|\]$/gu, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  };
  const secured = tls === null ? null : tlsOptions(tls, remote.host, secrets);
  const common = [['user-agent', 'loadcell'] as const, ...resolvedHeaders(headers, secrets)];
  if (version === '2') {
    return new Http2Carrier({
      connections,
      streams,
      authority: origin,
      options: { ...secured, ...dialAt },
      headers: common,
      statusIn: ':status',
      now,
      events,
      where: origin,
    });
  }
  return new Http1Carrier({
    connections,
    dial: dialer(dialAt ?? remote, secured),
    now,
    events,
    common: { host, headers: common, reuse },
    where: origin,
  });
}
