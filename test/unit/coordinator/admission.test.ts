import { X509Certificate } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { type Applicant, Certificates, SharedSecret } from '../../../src/coordinator/admission.ts';
import { readJoinToken } from '../../../src/wire/join-token.ts';
import { type Authority, createAuthority, requestCertificate } from '../../../src/wire/x509.ts';

const DAY_MS = 86_400_000;

let authority: Authority;
let request: Uint8Array;
let admission: Certificates;
let token: string;

const freshRequest = async (): Promise<Uint8Array> => (await requestCertificate()).request;

beforeAll(async () => {
  const now = Date.now();
  authority = await createAuthority('run-1', { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS) });
  request = await freshRequest();
});

beforeEach(() => {
  let drawn = 0;
  admission = new Certificates('run-1', authority, () => `secret-${++drawn}`);
  token = readJoinToken(admission.token(1)).secret;
});

const applicant = (change: Partial<Applicant> = {}): Applicant => ({
  runId: 'run-1',
  attempt: 1,
  index: 3,
  token,
  ...change,
});

test('a place is certified for the key of a request, by the run’s authority, to dial and not to serve', async () => {
  const issued = new X509Certificate((await admission.enrol(applicant(), request)) as Uint8Array);
  const own = new X509Certificate(authority.certificate);
  expect(issued.checkIssued(own)).toBe(true);
  expect(issued.verify(own.publicKey)).toBe(true);
  expect(issued.ca).toBe(false);
  expect(issued.subjectAltName).toBe('URI:loadcell:run-1/1/3');
  expect(issued.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
});

test('the same request is answered alike: the first answer may have been lost', async () => {
  const first = await admission.enrol(applicant(), request);
  expect(first).toBeInstanceOf(Uint8Array);
  expect(await admission.enrol(applicant(), request)).toEqual(first);
});

test('a token that is used again, for another key, is refused', async () => {
  await admission.enrol(applicant(), request);
  expect(await admission.enrol(applicant(), await freshRequest())).toMatchObject({
    code: 'token-used',
    message: expect.stringContaining('place 3'),
  });
  expect(await admission.enrol(applicant({ index: 4 }), await freshRequest())).toBeInstanceOf(Uint8Array);
});

test.each<[string, Partial<Applicant>]>([
  ['another token', { token: 'guessed' }],
  ['no token', { token: '' }],
  ['the token of another attempt', { attempt: 2 }],
  ['the token of another run', { runId: 'run-2' }],
])('%s is refused', async (_, change) => {
  admission.token(2);
  expect(await admission.enrol(applicant(change), request)).toMatchObject({ code: 'bad-token' });
});

test.each<[string, (request: Uint8Array) => Uint8Array]>([
  ['no bytes', () => new Uint8Array()],
  ['bytes that are no request', () => Uint8Array.from([1, 2, 3])],
  ['a request whose signature is another’s', (bytes) => bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)],
])('%s is refused, and the place is still to be had', async (_, change) => {
  expect(await admission.enrol(applicant(), change(request))).toMatchObject({ code: 'malformed' });
  expect(await admission.enrol(applicant(), request)).toBeInstanceOf(Uint8Array);
});

test('without a certificate, or with that of another place, nobody registers', () => {
  expect(admission.turnsAway(applicant(), null)).toMatchObject({ code: 'no-certificate' });
  expect(admission.turnsAway(applicant(), 'loadcell:run-1/1/2')).toEqual({
    code: 'other-place',
    message: 'the certificate is for loadcell:run-1/1/2, expected one for loadcell:run-1/1/3',
  });
  expect(admission.turnsAway(applicant(), 'loadcell:run-1/1/3')).toBeNull();
});

test('a coordinator for this machine alone lets in who knows the secret, and certifies nobody', async () => {
  const shared = new SharedSecret('of the run');
  expect(shared.turnsAway(applicant({ token: shared.token() }))).toBeNull();
  expect(shared.turnsAway(applicant({ token: 'guessed' }))).toMatchObject({ code: 'bad-token' });
  expect(await shared.enrol()).toMatchObject({ code: 'malformed' });
});
