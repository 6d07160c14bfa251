import { expect, test } from 'vitest';
import { addSample, type ClockFilter, NO_PROBES, offsetAt, toAgentClock } from '../../../src/agent/clock-offset.ts';

const MS = 1_000_000n;
const S = 1_000_000_000n;

/** A probe at `at` on the agent's clock, whose way there and back took so long, to a clock that is `ahead`. */
const probe = (filter: ClockFilter, at: bigint, there: bigint, back: bigint, ahead: bigint): ClockFilter =>
  addSample(filter, { t1: at, t2: at + there + ahead, t3: at + there + ahead + MS, t4: at + there + MS + back });

test('nothing is known before the first probe', () => {
  expect(offsetAt(NO_PROBES, 0n)).toBeNull();
});

test('a probe with equal ways tells the offset exactly, half its round trip bounds the doubt', () => {
  const filter = probe(NO_PROBES, 0n, MS, MS, 7n * S);
  expect(offsetAt(filter, 3n * MS)).toEqual({ offsetNs: 7n * S, boundNs: MS, driftPpm: 0 });
});

test('whatever the ways, the true offset lies within the bound', () => {
  for (const [there, back] of [
    [0n, 8n * MS],
    [8n * MS, 0n],
    [3n * MS, 1n * MS],
  ] as const) {
    const found = offsetAt(probe(NO_PROBES, 0n, there, back, -7n * S), MS);
    const error = (found?.offsetNs ?? 0n) + 7n * S;
    expect(error < 0n ? -error : error).toBeLessThanOrEqual(Number(found?.boundNs));
  }
});

test('of a burst the probe with the shortest round trip counts', () => {
  let filter = probe(NO_PROBES, 0n, 5n * MS, MS, S);
  filter = probe(filter, 10n * MS, MS, MS, S);
  filter = probe(filter, 20n * MS, 9n * MS, MS, S);
  expect(offsetAt(filter, 30n * MS)?.offsetNs).toBe(S);
  expect(offsetAt(filter, 22n * MS)?.boundNs).toBeLessThan(MS + 1000n);
});

test('doubt grows with age by 15 parts per million, so that a slower fresh probe can tell more than a fast old one', () => {
  let filter = probe(NO_PROBES, 0n, MS, MS, S);
  expect(offsetAt(filter, 3n * MS + 1000n * S)?.boundNs).toBe(MS + 15n * MS);
  filter = probe(filter, 1000n * S, 4n * MS, 4n * MS, S + 2n * MS);
  expect(offsetAt(filter, 1000n * S + 9n * MS)?.offsetNs).toBe(S + 2n * MS);
});

test('drift is the slope of the offset, positive when the coordinator runs faster', () => {
  let filter = NO_PROBES;
  for (let i = 0n; i < 6n; i++) filter = probe(filter, i * 10n * S, MS, MS, S + i * 200_000n);
  expect(offsetAt(filter, 51n * S)?.driftPpm).toBeCloseTo(20, 6);
});

test('a probe with a wide bound hardly moves the drift', () => {
  let filter = NO_PROBES;
  for (let i = 0n; i < 6n; i++) filter = probe(filter, i * 10n * S, MS, MS, S + i * 200_000n);
  filter = probe(filter, 60n * S, 400n * MS, 2n * MS, S + 1_200_000n);
  expect(Math.abs((offsetAt(filter, 61n * S)?.driftPpm ?? 0) - 20)).toBeLessThan(1);
});

test('a round trip below zero tells of a broken clock and counts for nothing', () => {
  expect(addSample(NO_PROBES, { t1: 10n, t2: 0n, t3: 9n, t4: 11n })).toEqual([]);
});

test('an hour of probes is remembered, not more', () => {
  let filter = NO_PROBES;
  for (let i = 0n; i < 1000n; i++) filter = probe(filter, i * 10n * S, MS, MS, S);
  expect(filter.length).toBe(360);
});

test('an instant of the coordinator is translated by taking the offset away', () => {
  expect(toAgentClock(9n * S, { offsetNs: 7n * S, boundNs: 0n, driftPpm: 0 })).toBe(2n * S);
});
