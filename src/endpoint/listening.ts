import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { ListenSpec, TlsSpec } from './endpoint-spec.ts';

/** An address cannot be listened on, or a certificate cannot be read: one sentence for people. */
export class ListenFailure extends Error {}

/** Resolves to the port once it is listened on. @throws ListenFailure */
export function listening(server: Server, edge: string, { host, port }: ListenSpec): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', (error) => reject(listenFailure(edge, { host, port }, error)));
  server.listen({ host, port, backlog: 1024 }, () => {
    const address = server.address();
    resolve(typeof address === 'object' && address !== null ? address.port : port);
  });
  return promise;
}

export function listenFailure(edge: string, { host, port }: ListenSpec, error: unknown): ListenFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there',
    EACCES: 'this user may not listen there',
    EADDRNOTAVAIL: 'this machine does not have the address',
    ENOTFOUND: 'there is no such host',
  };
  return new ListenFailure(`--${edge} ${host}:${port}: ${why[code] ?? code}; give another address`);
}

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | null;
}

/** @throws ListenFailure for a file that cannot be read, or is not what it should be. */
export function tlsFiles(paths: TlsSpec): TlsFiles {
  const cert = pem('--tls-cert', paths.cert);
  const key = pem('--tls-key', paths.key);
  const clientCa = paths.clientCa === null ? null : pem('--tls-client-ca', paths.clientCa);
  usable('--tls-cert', paths.cert, 'a certificate', () => createSecureContext({ cert }));
  usable('--tls-key', paths.key, `the key of ${paths.cert}, without a passphrase`, () =>
    createSecureContext({ cert, key }),
  );
  // TLS itself passes over what is no certificate, and would trust nobody.
  if (clientCa !== null)
    usable('--tls-client-ca', paths.clientCa ?? '', 'certificates', () => new X509Certificate(clientCa));
  return { cert, key, clientCa };
}

function usable(option: string, path: string, expected: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*::/u, '') : String(error);
    throw new ListenFailure(`${option}: found ${path}, which cannot be used (${why}); expected ${expected}`);
  }
}

function pem(option: string, path: string): Buffer {
  try {
    const bytes = readFileSync(path);
    if (bytes.includes('-----BEGIN ')) return bytes;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new ListenFailure(`${option}: ${path} cannot be read (${code}), expected a PEM file`);
  }
  throw new ListenFailure(`${option}: ${path} holds no PEM, expected a file that begins with -----BEGIN`);
}
