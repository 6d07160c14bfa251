import { experimental, ServerCredentials } from '@grpc/grpc-js';
import type { Credential } from '../wire/x509.ts';

/** What a door needs that others may knock at: the coordinator's own credential and the run's authority, PEM. */
export interface DoorSecurity {
  readonly authority: string;
  readonly server: Credential;
}

/**
 * TLS that asks every agent for a certificate of the run's authority, and lets in who has none: it may ask for one, and
 * is told in words what else it may not. What a stream may do is decided by whoever serves it.
 */
export function doorCredentials(security: DoorSecurity | null): ServerCredentials {
  if (security === null) return ServerCredentials.createInsecure();
  const provider = providing(security);
  return experimental.createCertificateProviderServerCredentials(provider, provider, false);
}

/** Certificates that never change. The library listens to what a provider says only once it has asked for all of it. */
function providing({ authority, server }: DoorSecurity): experimental.CertificateProvider {
  const update = { certificate: Buffer.from(server.certificate), privateKey: Buffer.from(server.key) };
  return {
    addCaCertificateListener: (listener) => queueMicrotask(() => listener({ caCertificate: Buffer.from(authority) })),
    addIdentityCertificateListener: (listener) => queueMicrotask(() => listener(update)),
    removeCaCertificateListener: () => {},
    removeIdentityCertificateListener: () => {},
  };
}
