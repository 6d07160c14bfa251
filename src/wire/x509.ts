/**
 * Certificates that a run makes for itself: who may speak for which place of a fleet, and what a server of its own shows.
 * Loaded only where there is something to encrypt; Node itself reads certificates but makes none.
 *
 * X.509 v3 as RFC 5280 has it, requests as PKCS #10 (RFC 2986), keys on P-256, signatures ECDSA with SHA-256.
 */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as Crypto);

const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const SERIAL_BYTES = 16;

/** A private key, PKCS #8, and its certificate, both PEM. */
export interface Credential {
  readonly key: string;
  readonly certificate: string;
}

/** A run's own certification authority; its private key never leaves the process. */
export interface Authority {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly pem: string;
  /** What proves that a server is this run's coordinator, by a DNS name. */
  server(name: string): Promise<Credential>;
  /** A certificate, DER, for the key of a request, DER, in the name of `uri`; null for what is no request, or proves no key. */
  client(request: Uint8Array, uri: string): Promise<Uint8Array | null>;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export async function createAuthority(name: string, validity: Validity): Promise<Authority> {
  const keys = await generateKeys();
  const own = await signedByItself(name, keys, validity, [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
  ]);
  const issue = async (
    publicKey: CryptoKey,
    usage: x509.ExtendedKeyUsage,
    names: readonly x509.JsonGeneralName[],
  ): Promise<x509.X509Certificate> =>
    await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      issuer: own.subject,
      ...validity,
      publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: KEY,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage], true),
        // Critical, since the subject is empty (RFC 5280, section 4.2.1.6).
        new x509.SubjectAlternativeNameExtension([...names], true),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
  return {
    certificate: new Uint8Array(own.rawData),
    pem: own.toString('pem'),
    server: async (dnsName) => {
      const { publicKey, privateKey } = await generateKeys();
      const certificate = await issue(publicKey, x509.ExtendedKeyUsage.serverAuth, [{ type: 'dns', value: dnsName }]);
      return { key: await pemOfKey(privateKey), certificate: certificate.toString('pem') };
    },
    client: async (request, uri) => {
      const publicKey = await provenKey(request);
      if (publicKey === null) return null;
      const certificate = await issue(publicKey, x509.ExtendedKeyUsage.clientAuth, [{ type: 'url', value: uri }]);
      return new Uint8Array(certificate.rawData);
    },
  };
}

/** What a server at an IP address shows that vouches for itself: whoever is to believe it trusts this certificate alone. */
export async function selfSigned(
  { name, ip }: { readonly name: string; readonly ip: string },
  validity: Validity,
): Promise<Credential> {
  const keys = await generateKeys();
  const certificate = await signedByItself(name, keys, validity, [
    new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: ip }]),
  ]);
  return { key: await pemOfKey(keys.privateKey), certificate: certificate.toString('pem') };
}

const signedByItself = (
  name: string,
  keys: webcrypto.CryptoKeyPair,
  validity: Validity,
  extensions: readonly x509.Extension[],
): Promise<x509.X509Certificate> =>
  x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    ...validity,
    keys,
    signingAlgorithm: KEY,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true), ...extensions],
  });

/** A key of one's own and the request, DER, to have it certified. */
export async function requestCertificate(): Promise<{ readonly key: string; readonly request: Uint8Array }> {
  const keys = await generateKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: KEY });
  return { key: await pemOfKey(keys.privateKey), request: new Uint8Array(request.rawData) };
}

/** PEM of a certificate, DER. */
export const pemOf = (certificate: Uint8Array): string =>
  new x509.X509Certificate(new Uint8Array(certificate)).toString('pem');

/** The public key of a request whose sender holds the private one; null otherwise. */
async function provenKey(request: Uint8Array): Promise<CryptoKey | null> {
  try {
    const read = new x509.Pkcs10CertificateRequest(new Uint8Array(request));
    if (!(await read.verify())) return null;
    return await read.publicKey.export(KEY, ['verify']);
  } catch {
    return null;
  }
}

const generateKeys = async (): Promise<webcrypto.CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;

const pemOfKey = async (key: CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

/** Positive and unpredictable (RFC 5280, section 4.1.2.2), hexadecimal. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(SERIAL_BYTES));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
