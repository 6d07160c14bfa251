import { expect, test } from 'vitest';
import {
  packageCounters,
  packageJoules,
  parseContextSwitches,
  parseCores,
  parseMemoryAvailable,
  parseNetwork,
  parsePressureUs,
} from '../../../src/agent/host-files.ts';
import { createHostSeries } from '../../../src/agent/host-series.ts';
import type { ReadText } from '../../../src/wire/read-text.ts';

const STAT = `cpu  200 0 100 700 0 0 0 0 0 0
cpu0 100 0 50 350 0 0 0 0 0 0
cpu1 100 0 50 300 50 0 0 10 0 0
intr 12345 0
ctxt 98765
`;
const NETWORK = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 9999 10 0 0 0 0 0 0 9999 10 0 0 0 0 0 0
  eth0: 1000 10 0 0 0 0 0 0 2000 10 0 0 0 0 0 0
  eth1:  500 10 0 0 0 0 0 0  700 10 0 0 0 0 0 0
`;

test('processors are told one by one; waiting and stolen time is no work', () => {
  expect(parseCores(STAT)).toEqual([
    { busy: 150, all: 500 },
    { busy: 150, all: 510 },
  ]);
  expect(parseContextSwitches(STAT)).toBe(98765);
});

test('the loopback is no network', () => {
  expect(parseNetwork(NETWORK)).toEqual({ received: 1500, sent: 2700 });
  expect(parseNetwork('')).toBeNull();
});

test('pressure and memory are read in their units', () => {
  expect(parsePressureUs('some avg10=0.00 avg60=0.00 avg300=0.00 total=4711\nfull avg10=0.00 total=3\n')).toBe(4711);
  expect(parseMemoryAvailable('MemTotal: 10 kB\nMemAvailable:    2048 kB\n')).toBe(2048 * 1024);
  expect(parseMemoryAvailable('MemFree: 1 kB\n')).toBeNull();
  expect(parsePressureUs('')).toBeNull();
});

const rapl =
  (uj: number): ReadText =>
  (path) =>
    path.endsWith('intel-rapl:0/name')
      ? 'package-0\n'
      : path.endsWith('intel-rapl:0/energy_uj')
        ? `${uj}\n`
        : path.endsWith('intel-rapl:0/max_energy_range_uj')
          ? '1000000\n'
          : null;

test('package energy goes on when its counter wraps, and is not told where it may not be read', () => {
  const [before, after] = [packageCounters(rapl(900_000)), packageCounters(rapl(100_000))];
  expect(packageJoules(before, after)).toBeCloseTo(0.2, 9);
  expect(
    packageJoules(
      [],
      packageCounters(() => null),
    ),
  ).toBeNull();
});

test('a second tells what changed since the one before, and leaves out what the node does not tell', () => {
  let second = 0;
  const read: ReadText = (path) => {
    if (path === '/proc/stat')
      return STAT.replace('98765', String(98765 + 300 * second)).replace('cpu0 100', `cpu0 ${100 + 50 * second}`);
    return path === '/proc/net/dev' ? NETWORK.replace('1000', String(1000 + 500 * second)) : null;
  };
  const series = createHostSeries({ read, nowNs: () => second * 1e9, runner: () => null, loopDelayP99Ms: () => 2 });
  second = 2;
  const row = series();
  expect(row).toMatchObject({ atNs: 2_000_000_000n, contextSwitches: 300, receivedBytes: 500, loopDelayP99Ms: 2 });
  expect(row.cores?.[0]).toBe(1);
  expect(Object.keys(row)).not.toContain('pressureCpu');
  expect(Object.keys(row)).not.toContain('packageJoules');
});
