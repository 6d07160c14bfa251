import { describe, expect, test } from 'vitest';
import { DEFAULT_TELEMETRY, type Telemetry } from '../../../src/campaign/telemetry.ts';
import { telemetryOf } from '../../../src/coordinator/observers.ts';
import type { Place } from '../../../src/coordinator/place.ts';
import { ns } from '../../../src/time/ns.ts';

const on = (node: string): Place => ({
  kind: 'held',
  holder: {
    epoch: 1,
    attempt: 1,
    nonce: 'n',
    link: 1,
    node,
    heardNs: ns(0),
    isEnding: false,
    suspect: false,
    clock: null,
    clockJournaledNs: null,
    placedNs: ns(0),
  },
});
const REMOTE = 'http://node-9:9400/metrics';
const OWN = ['http://127.0.0.1:9400/metrics', 'http://localhost:8002/metrics', 'http://[::1]:8002/metrics'] as const;
const plan: Telemetry = {
  ...DEFAULT_TELEMETRY,
  gpu: { sources: ['nvml', 'dcgm'], everyNs: ns(200e6), dcgm: [REMOTE, OWN[0]], processes: [], count: null },
  scrape: [REMOTE, OWN[1], OWN[2]].map((url) => ({ url, metrics: [] })),
};
const places: readonly Place[] = [
  { kind: 'expected', attempt: 1, standing: { kind: 'asked', why: null } },
  on('a'),
  on('a'),
  on('b'),
  on('b'),
];

describe('what agents observe', () => {
  test('is a node each, by the first of its agents', () => {
    const roles = places.map((_, index) => telemetryOf(plan, places, index) !== null);
    expect(roles).toEqual([false, true, false, true, false]);
  });

  test('is other nodes’ pages by the first of all, and under loopback addresses each its own', () => {
    expect(telemetryOf(plan, places, 1)).toEqual(plan);
    const second = telemetryOf(plan, places, 3);
    expect(second?.gpu).toEqual({ ...plan.gpu, dcgm: [OWN[0]] });
    expect(second?.scrape.map(({ url }) => url)).toEqual([OWN[1], OWN[2]]);
    expect(second?.onLoss).toBe(plan.onLoss);
  });

  test('is what a campaign that says nothing means', () => {
    expect(telemetryOf(undefined, places, 1)).toEqual(DEFAULT_TELEMETRY);
    expect(telemetryOf({ ...plan, gpu: null }, places, 3)?.gpu).toBeNull();
  });
});
