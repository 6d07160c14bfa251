import type { Credential } from '../../wire/x509.ts';

const VALID_MS = 24 * 3600 * 1000;

/**
 * What a server on 127.0.0.1 shows that a calibration starts, and the key that goes with it: of the kind that most servers
 * show (ECDSA on P-256), signed by itself, valid for a day around `nowMs`, and trusted by nobody who is not told to.
 */
export async function loopbackCertificate(nowMs: number): Promise<Credential> {
  // Half a second to load, which nobody else is to wait for.
  const { selfSigned } = await import('../../wire/x509.ts');
  return await selfSigned(
    { name: 'loadcell calibration', ip: '127.0.0.1' },
    { notBefore: new Date(nowMs - VALID_MS), notAfter: new Date(nowMs + VALID_MS) },
  );
}
