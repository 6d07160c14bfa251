import { readFileSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectSecurely } from 'node:tls';
import type { Remote, TlsSpec } from '../../campaign/endpoint-spec.ts';
import type { Dial } from './http1-connection.ts';
import { SecretError, type SecretPlaces, secretValue } from './secret.ts';

/** What secures a connection, read once. @throws SecretError for files that cannot be read, or are not what they should be. */
export function tlsOptions(
  { ca, certificate, key, serverName }: TlsSpec,
  host: string,
  secrets: SecretPlaces,
): ConnectionOptions {
  const name = serverName ?? (isIP(host) === 0 ? host : '');
  return {
    servername: name,
    // The certificate is held to the endpoint's name, wherever the connection itself goes.
    checkServerIdentity: (_dialled, found) => checkServerIdentity(serverName ?? host, found),
    ...(ca === null ? {} : { ca: pem('tls.ca', ca) }),
    ...(certificate === null ? {} : { cert: pem('tls.certificate', certificate) }),
    ...(key === null ? {} : { key: secretValue(key, secrets) }),
  };
}

function pem(key: string, path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new SecretError(`${key}: the agent cannot read ${path} (${code}); expected a file in PEM form`);
  }
  if (bytes.includes('-----BEGIN ')) return bytes;
  throw new SecretError(`${key}: found no certificate in ${path}, expected a file in PEM form`);
}

/** Where the connections of a URL go. */
export const remoteOf = ({ hostname, protocol, port }: URL): Remote => ({
  host: hostname.replace(/^\[|\]$/gu, ''),
  port: Number(port) || (protocol === 'https:' ? 443 : 80),
});

/** Makes the sockets of an endpoint; `tls` null: plain, else secured for `protocol`. */
export function dialer({ host, port }: Remote, tls: ConnectionOptions | null, protocol: 'http/1.1' | 'h2'): Dial {
  if (tls === null) return (onread) => ({ socket: connect({ host, port, onread }), ready: 'connect' });
  const options = { ...tls, host, port, ALPNProtocols: [protocol] };
  return (onread) => ({ socket: connectSecurely({ ...options, onread } as ConnectionOptions), ready: 'secureConnect' });
}
