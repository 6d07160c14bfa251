import { X509Certificate } from 'node:crypto';
import type { ServerDuplexStream } from '@grpc/grpc-js';

type AuthContext = ReturnType<ServerDuplexStream<unknown, unknown>['getAuthContext']>;

/**
 * The name that the run's authority gave to whoever holds the other end of a stream; null where the stream is not
 * encrypted, or its certificate is missing, out of date, or of another authority.
 */
export function certifiedName({ sslPeerCertificate }: AuthContext): string | null {
  if (sslPeerCertificate === undefined) return null;
  const names = new X509Certificate(sslPeerCertificate.raw).subjectAltName ?? '';
  const [, name] = /^URI:([^,]+)$/.exec(names) ?? [];
  return name ?? null;
}
