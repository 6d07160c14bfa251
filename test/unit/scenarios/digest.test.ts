import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { arrivalLine, arrivalLines, measureArrivals, scheduleDigest } from '../../../src/scenarios/digest.ts';
import { phasesOf } from '../../../src/scenarios/presets.ts';
import { fleetArrivals } from '../../../src/scenarios/schedule.ts';
import { seconds } from '../../../src/time/ns.ts';
import { context } from '../../support/schedules.ts';

const load = { kind: 'load', law: 'uniform', rate: 4, durationNs: seconds(1) } as const;
const poisson = { kind: 'load', law: 'poisson', rate: 1000, durationNs: seconds(12) } as const;

const sha256 = () => {
  const hash = createHash('sha256');
  return { update: (text: string) => void hash.update(text), hex: () => hash.digest('hex') };
};

test('a line holds number, phase and nanoseconds, counted from the first measured arrival', () => {
  const phases = phasesOf(load, { warmupNs: seconds(0.5), places: 1 });
  expect([...arrivalLines(fleetArrivals(phases, context), phases)]).toEqual([
    '0\tload\t0\n',
    '1\tload\t250000000\n',
    '2\tload\t500000000\n',
    '3\tload\t750000000\n',
  ]);
  const cursor = fleetArrivals(phases, context);
  cursor.next();
  expect(arrivalLine(cursor, phases)).toBe('-2\twarmup\t-500000000\n');
});

test('the digest is that of the lines as a file, whatever the warm-up', () => {
  const digests = [0, 1].map((warmup) => {
    const phases = phasesOf(poisson, { warmupNs: seconds(warmup), places: 1 });
    const file = [...arrivalLines(fleetArrivals(phases, context), phases)].join('');
    expect(file.length).toBeGreaterThan(200_000);
    const digest = scheduleDigest(fleetArrivals(phases, context), phases, sha256());
    expect(digest).toBe(createHash('sha256').update(file).digest('hex'));
    return digest;
  });
  expect(digests[0]).toBe(digests[1]);
});

test('seed, scenario and trial each change the digest', () => {
  const phases = phasesOf(poisson, { warmupNs: seconds(0), places: 1 });
  const contexts = [context, { ...context, seed: '8' }, { ...context, scenario: 'other' }, { ...context, trial: 2 }];
  const digests = contexts.map((c) => scheduleDigest(fleetArrivals(phases, c), phases, sha256()));
  expect(new Set(digests).size).toBe(4);
});

test('a digest taken on any machine is this one', () => {
  const phases = phasesOf(poisson, { warmupNs: seconds(0), places: 1 });
  const digest = scheduleDigest(fleetArrivals(phases, { seed: '42', scenario: 'steady', trial: 1 }), phases, sha256());
  expect(digest).toBe('8d1f68306b3e10b998d971c960eabef9d32e59aac02f6a94de42744b25e05d34');
});

test('measured arrivals are counted over the fleet, and not where they follow from completions', () => {
  const withWarmup = { warmupNs: seconds(1), places: 2 };
  expect(measureArrivals(phasesOf(poisson, withWarmup))).toBe(12_000);
  expect(measureArrivals(phasesOf({ kind: 'offline', requests: 7 }, withWarmup))).toBe(7);
  expect(
    measureArrivals(phasesOf({ kind: 'singleStream', durationNs: seconds(1), atLeast: null }, withWarmup)),
  ).toBeNull();
});
