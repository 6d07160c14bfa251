import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** What a server on 127.0.0.1 shows, and the key that goes with it; PEM. */
export interface LoopbackCertificate {
  readonly certificate: string;
  readonly key: string;
}

const VALID_MS = 24 * 3600 * 1000;
const NAME = 'loadcell calibration';

/**
 * A certificate for 127.0.0.1 that a calibration signs for itself: of the kind that most servers show (ECDSA on P-256),
 * valid for a day, and trusted by nobody who is not told to. X.509 v3 as RFC 5280 lays it down.
 */
export function loopbackCertificate(nowMs: number): LoopbackCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(COMMON_NAME, tagged(UTF8_STRING, Buffer.from(NAME)))));
  const toBeSigned = sequence(
    tagged(EXPLICIT_0, integer(Buffer.of(2))),
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(nowMs - VALID_MS), time(nowMs + VALID_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(EXPLICIT_3, sequence(extension(BASIC_CONSTRAINTS, sequence(TRUE)), extension(ALTERNATIVE_NAME, LOOPBACK))),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, tagged(BIT_STRING, Buffer.concat([Buffer.of(0), signature])));
  const lines = der.toString('base64').replace(/.{64}/gu, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;
const IMPLICIT_7 = 0x87;
const EXPLICIT_0 = 0xa0;
const EXPLICIT_3 = 0xa3;

/** DER: tag, length, content. */
function tagged(tag: number, content: Uint8Array): Buffer {
  const size = content.byteLength;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(SEQUENCE, Buffer.concat(parts));
const set = (...parts: readonly Uint8Array[]): Buffer => tagged(SET, Buffer.concat(parts));
const integer = (bytes: Uint8Array): Buffer => tagged(INTEGER, bytes);
const identifier = (hex: string): Buffer => tagged(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'));
const time = (ms: number): Buffer =>
  tagged(GENERALIZED_TIME, Buffer.from(`${new Date(ms).toISOString().replaceAll(/\D/gu, '').slice(0, 14)}Z`));
const extension = (name: Buffer, value: Buffer): Buffer => sequence(name, tagged(OCTET_STRING, value));

/** Positive, and without a zero in front. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

/** 1.2.840.10045.4.3.2, 2.5.4.3, 2.5.29.19 and 2.5.29.17. */
const ECDSA_WITH_SHA256 = sequence(identifier('2a8648ce3d040302'));
const COMMON_NAME = identifier('550403');
const BASIC_CONSTRAINTS = identifier('551d13');
const ALTERNATIVE_NAME = identifier('551d11');
const TRUE = tagged(BOOLEAN, Buffer.of(0xff));
const LOOPBACK = sequence(tagged(IMPLICIT_7, Buffer.of(127, 0, 0, 1)));
