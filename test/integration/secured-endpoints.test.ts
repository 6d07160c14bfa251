import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as plainServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished } from 'vitest';
import type { HttpSpec, TlsSpec } from '../../src/campaign/endpoint-spec.ts';
import { Outcome } from '../../src/stats/outcome.ts';
import { seconds } from '../../src/time/ns.ts';
import { type Certificates, certificates, type Pair } from '../support/certificates.ts';
import { plainHttp } from '../support/endpoint-spec.ts';
import { serve } from '../support/served-trial.ts';
import { testWith } from '../support/tools.ts';
import { openLoad, phase, trialSpec } from '../support/trial-spec.ts';

/** A server over TLS that answers `ok`; `clients`: it wants certificates of that authority. Its version of HTTP is the client's. */
async function secured({ cert, key }: Pair, clients?: Buffer): Promise<string> {
  const wants = clients === undefined ? {} : { requestCert: true, rejectUnauthorized: true, ca: clients };
  const server = createSecureServer({ cert, key, allowHTTP1: true, ...wants }, (_, response) => response.end('ok'));
  server.on('sessionError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}/`;
}

function pki(): Certificates {
  const made = certificates();
  onTestFinished(() => made.remove());
  return made;
}

const tls = (changes: Partial<TlsSpec>): TlsSpec => ({
  ca: null,
  certificate: null,
  key: null,
  serverName: null,
  ...changes,
});

async function answered(url: string, own: TlsSpec, version: HttpSpec['version'] = '1.1'): Promise<number> {
  const target = plainHttp(url, {
    tls: url.startsWith('https:') ? own : null,
    version,
    streams: version === '2' ? 4 : 1,
  });
  const load = phase('load', 0, 0.5, openLoad(40, 0.5));
  const served = await serve(trialSpec({ phases: [load], target, timeoutNs: seconds(5) }));
  return served.phases[0]?.tally.outcomes[Outcome.ok] ?? 0;
}

testWith('openssl', 'connections are secured by the campaign’s own authority, over HTTP/1.1 and HTTP/2', async () => {
  const { ca, valid } = pki();
  const url = await secured(valid);
  expect(await answered(url, tls({ ca }))).toBe(20);
  expect(await answered(url, tls({ ca }), '2')).toBe(20);
});

testWith('openssl', 'a certificate that will not do refuses the trial with a sentence that says why', async () => {
  const { ca, otherCa, valid, expired, otherName } = pki();
  const url = await secured(valid);
  await expect(answered(url, tls({}))).rejects.toThrow(/unknown issuer|not trusted/u);
  await expect(answered(url, tls({ ca: otherCa }))).rejects.toThrow(
    /issuer.*; expected one that the system trusts, or name its issuer under tls.ca/u,
  );
  await expect(answered(await secured(expired), tls({ ca }))).rejects.toThrow(
    'its certificate has expired; expected a valid one',
  );
  const elsewhere = await secured(otherName);
  await expect(answered(elsewhere, tls({ ca }))).rejects.toThrow(
    'its certificate is for another name; expected one for this name, or set tls.serverName',
  );
  await expect(answered(elsewhere, tls({ ca }), '2')).rejects.toThrow('its certificate is for another name');
  expect(await answered(elsewhere, tls({ ca, serverName: 'model.example' }))).toBe(20);
});

testWith('openssl', 'a server that wants a client’s certificate gets it, and says so where it does not', async () => {
  const made = pki();
  const url = await secured(made.valid, readFileSync(made.ca));
  const own = {
    ca: made.ca,
    certificate: made.client.certPath,
    key: { kind: 'file', path: made.client.keyPath },
  } as const;
  expect(await answered(url, tls(own))).toBe(20);
  await expect(answered(url, tls({ ca: made.ca }))).rejects.toThrow(/certificate|TLS|closed|reset/u);
});

testWith('openssl', 'plain HTTP where TLS is asked for, and TLS where plain HTTP is, are told apart', async () => {
  const { ca, valid } = pki();
  const url = await secured(valid);
  await expect(answered(url.replace('https:', 'http:'), tls({ ca }))).rejects.toThrow(/localhost:\d+/u);
  const plain = plainServer((_, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  onTestFinished(() => void plain.close());
  const secure = `https://localhost:${(plain.address() as AddressInfo).port}/`;
  await expect(answered(secure, tls({ ca }))).rejects.toThrow(
    'it does not speak TLS; expected http:// in place of https://',
  );
});
