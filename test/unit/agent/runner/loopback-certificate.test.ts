import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { loopbackCertificate } from '../../../../src/agent/runner/loopback-certificate.ts';

const NOW = Date.UTC(2026, 1, 3, 4, 5, 6);

test('a certificate is for 127.0.0.1 alone, signed by its own key, and valid for a day around now', async () => {
  const { certificate, key } = await loopbackCertificate(NOW);
  const read = new X509Certificate(certificate);
  expect(read.subject).toBe('CN=loadcell calibration');
  expect(read.issuer).toBe(read.subject);
  expect(read.subjectAltName).toBe('IP Address:127.0.0.1');
  expect([read.checkIP('127.0.0.1'), read.checkIP('127.0.0.2')]).toEqual(['127.0.0.1', undefined]);
  expect([read.validFrom, read.validTo]).toEqual(['Feb  2 04:05:06 2026 GMT', 'Feb  4 04:05:06 2026 GMT']);
  expect([read.verify(read.publicKey), read.ca]).toEqual([true, true]);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
});

test('no two have the same key or number', async () => {
  const [one, other] = (await Promise.all([loopbackCertificate(NOW), loopbackCertificate(NOW)])).map(
    ({ certificate }) => new X509Certificate(certificate),
  );
  expect(one?.serialNumber).not.toBe(other?.serialNumber);
  expect(one?.fingerprint256).not.toBe(other?.fingerprint256);
});
