import { expect, test } from 'vitest';
import type { Phase } from '../../../src/scenarios/phase.ts';
import { phasesOf } from '../../../src/scenarios/presets.ts';
import { constantRate } from '../../../src/scenarios/profile.ts';
import { fleetArrivals, shareArrivals } from '../../../src/scenarios/schedule.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import { collect, context, openPhase, sharesOf } from '../../support/schedules.ts';

const load = { kind: 'load', law: 'uniform', rate: 10, durationNs: seconds(1) } as const;

test('warm-up comes first, below zero, and sequence numbers run on over it', () => {
  const phases = phasesOf(load, { warmupNs: seconds(0.5), places: 1 });
  const arrivals = collect(fleetArrivals(phases, context));
  expect(arrivals.map(({ seq }) => seq)).toEqual(Array.from({ length: 15 }, (_, i) => i));
  expect(arrivals.map(({ phase }) => phase)).toEqual([...Array(5).fill(0), ...Array(10).fill(1)]);
  expect(arrivals.map(({ atNs }) => atNs / 1e8)).toEqual([-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('warm-up has draws of its own and moves no measured arrival', () => {
  const poisson = { ...load, law: 'poisson', rate: 100 } as const;
  const without = collect(fleetArrivals(phasesOf(poisson, { warmupNs: seconds(0), places: 1 }), context));
  const warm = collect(fleetArrivals(phasesOf(poisson, { warmupNs: seconds(1), places: 1 }), context));
  const measured = warm.filter(({ phase }) => phase === 1).map(({ atNs }) => atNs);
  expect(measured).toEqual(without.map(({ atNs }) => atNs));
  const warmup = warm.filter(({ phase }) => phase === 0).map(({ atNs }) => atNs + 1e9);
  expect(warmup).toHaveLength(100);
  expect(warmup).not.toEqual(measured);
});

test('phases and trials of one scenario have different arrivals, targets have none to differ in', () => {
  const first = openPhase('poisson', constantRate(50, seconds(1)), 'low');
  const second = openPhase('poisson', constantRate(50, seconds(1)), 'high', 1e9);
  const instants = (trial: number) => collect(fleetArrivals([first, second], { ...context, trial }));
  const [low, high] = [0, 1].map((phase) =>
    instants(1)
      .filter((a) => a.phase === phase)
      .map((a) => a.atNs - phase * 1e9),
  );
  expect(low).not.toEqual(high);
  expect(instants(1)).toEqual(instants(1));
  expect(instants(2)).not.toEqual(instants(1));
});

test('offline requests are all intended at the start, closed phases have no schedule', () => {
  const offline = phasesOf({ kind: 'offline', requests: 10 }, { warmupNs: seconds(1), places: 4 });
  expect(offline.map(({ load: { kind } }) => kind)).toEqual(['closed', 'atOnce']);
  expect(collect(fleetArrivals(offline, context))).toEqual(
    Array.from({ length: 10 }, (_, seq) => ({ phase: 1, seq, atNs: 0 })),
  );
  const dealt = sharesOf(3).map((share) => collect(shareArrivals(offline, share, context)).map(({ seq }) => seq));
  expect(dealt).toEqual([
    [0, 3, 6, 9],
    [1, 4, 7],
    [2, 5, 8],
  ]);
  const closed = phasesOf(
    { kind: 'singleStream', durationNs: seconds(1), atLeast: null },
    { warmupNs: seconds(1), places: 4 },
  );
  expect(collect(fleetArrivals(closed, context))).toEqual([]);
});

test('a phase without arrivals is passed over, and a walk that has ended stays so', () => {
  const empty: Phase = openPhase('poisson', constantRate(0, seconds(1)), 'pause');
  const after = openPhase('poisson', constantRate(2, seconds(1)), 'load', 1e9);
  const cursor = fleetArrivals([empty, after], context);
  expect(collect(cursor)).toHaveLength(2);
  expect(cursor.next()).toBe(false);
  expect(fleetArrivals([], context).next()).toBe(false);
  expect(after.startNs).toBe(ns(1e9));
});

const HOUR_RATE = 10_000;

test('an hour at 10,000/s is walked in constant memory', () => {
  const hour = openPhase('poisson', constantRate(HOUR_RATE, seconds(3600)));
  const held = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const cursor = shareArrivals([hour], { index: 3, of: 8 }, context);
  const before = held();
  let [count, last, most] = [0, -1, 0];
  while (cursor.next()) {
    if (cursor.atNs < last) expect.fail(`arrival ${cursor.seq} at ${cursor.atNs} comes before ${last}`);
    last = cursor.atNs;
    if (++count % 500_000 === 0) most = Math.max(most, held() - before);
  }
  expect(count).toBe((3600 * HOUR_RATE) / 8);
  expect(last).toBeLessThan(3600e9);
  expect(last).toBeGreaterThan(3599e9);
  // The instants of one share alone would be 36 MB, those of the fleet 288 MB.
  expect(most).toBeLessThan(24e6);
});
