import { expect, test } from 'vitest';
import type { TlsSpec } from '../../../src/campaign/endpoint-spec.ts';
import { calibrationSpec } from '../../../src/coordinator/calibration-spec.ts';
import { calibrationKey } from '../../../src/wire/calibration.ts';
import { cellOf, openPhase } from '../../support/cells.ts';
import { oipGrpc, plainHttp } from '../../support/endpoint-spec.ts';

const tls: TlsSpec = { ca: null, certificate: null, key: null, serverName: null };
const load = [openPhase('load', 10, 1)];

test('a client is calibrated over the protocol, the connections and the security that its cell has', () => {
  const plain = calibrationSpec(cellOf(load, [], { spec: plainHttp('http://127.0.0.1:1/') }));
  expect(plain).toMatchObject({ driver: 'http/1.1', size: { connections: 4, streams: 1, security: 'plain' } });
  const secured = calibrationSpec(cellOf(load, [], { spec: plainHttp('https://127.0.0.1:1/', { tls, version: '2' }) }));
  expect(secured).toMatchObject({ driver: 'http/2', size: { security: 'tls' } });
  const grpc = calibrationSpec(cellOf(load, [], { spec: oipGrpc('127.0.0.1:1', { tls }) }));
  expect(grpc).toMatchObject({ driver: 'grpc', size: { connections: 2, streams: 8, security: 'tls' } });
});

test('what a plain client is worth is never taken for a secured one, and one from before there was TLS is plain', () => {
  const size = { connections: 4, streams: 1, bodyBytes: 0 };
  const key = (security: object) =>
    calibrationKey({ driver: 'http/1.1', size: { ...size, ...security }, pacing: 'precise', workers: 1 });
  expect(key({ security: 'tls' })).not.toBe(key({ security: 'plain' }));
  expect(key({})).toBe(key({ security: 'plain' }));
});
