import { expect, test } from 'vitest';
import { handshakeNs, Lane, Line, windowBytes } from '../../../../src/agent/network/link.ts';
import type { ViaSpec } from '../../../../src/campaign/via-spec.ts';
import { stream } from '../../../../src/scenarios/rng.ts';
import { milliseconds } from '../../../../src/time/ns.ts';

const via = (delayMs: number, jitterMs: number, bandwidth: number | null): ViaSpec => ({
  delayNs: milliseconds(delayMs),
  jitterNs: milliseconds(jitterMs),
  bandwidth,
});
const lane = (of: ViaSpec, line = new Line(of), name = 'a'): Lane => new Lane(line, of, 0, stream('7', name));
const MS = 1e6;

test('without jitter and bandwidth bytes arrive exactly one delay later', () => {
  const way = lane(via(20, 0, null));
  expect([0, 3, 3.5, 100].map((at) => way.arrival(at * MS, 1000) / MS)).toEqual([20, 23, 23.5, 120]);
});

test('a line carries one stretch after the other, whichever connection it belongs to', () => {
  const of = via(10, 0, 8e6);
  const line = new Line(of);
  const [a, b] = [lane(of, line), lane(of, line, 'b')];
  expect(a.arrival(0, 1000) / MS).toBe(11);
  expect(b.arrival(0, 2000) / MS).toBe(13);
  expect(a.arrival(0.5 * MS, 1000) / MS).toBe(14);
  // The line had nothing to do meanwhile: nothing was saved up.
  expect(b.arrival(50 * MS, 1000) / MS).toBe(61);
});

test('directions do not share a line', () => {
  const of = via(0, 0, 8e6);
  expect(lane(of).arrival(0, 1000)).toBe(1 * MS);
  expect(lane(of).arrival(0, 1000)).toBe(1 * MS);
});

test('the jitter is uniform over plus and minus itself, and drawn from the seed', () => {
  const of = via(20, 5, null);
  const drawn = (name: string): number[] => {
    const way = lane(of, new Line(of), name);
    return Array.from({ length: 20_000 }, (_, i) => (way.arrival(i * 100 * MS, 1) - i * 100 * MS) / MS);
  };
  const delays = drawn('a').toSorted((a, b) => a - b);
  expect(delays[0]).toBeGreaterThanOrEqual(15);
  expect(delays.at(-1)).toBeLessThanOrEqual(25);
  for (const p of [0.05, 0.25, 0.5, 0.75, 0.95]) expect(delays[p * 20_000]).toBeCloseTo(15 + 10 * p, 0);
  expect(drawn('a')).toEqual(drawn('a'));
  expect(drawn('a')).not.toEqual(drawn('b'));
});

test('on one connection nothing overtakes, however the jitter falls', () => {
  const of = via(20, 20, null);
  const way = lane(of);
  const arrivals = Array.from({ length: 1000 }, (_, i) => way.arrival(i * 0.1 * MS, 1));
  expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
});

test('nothing arrives before the connection is there', () => {
  const of = via(20, 0, null);
  const way = new Lane(new Line(of), of, handshakeNs(of).arrived, stream('7', 'a'));
  expect(handshakeNs(of)).toEqual({ open: 40 * MS, arrived: 60 * MS });
  expect(way.arrival(0, 1)).toBe(60 * MS);
  expect(way.arrival(50 * MS, 1)).toBe(70 * MS);
});

test('a stretch is a millisecond of the line, and at least a packet', () => {
  expect(new Line(via(0, 0, null)).stretch).toBe(Number.POSITIVE_INFINITY);
  expect(new Line(via(0, 0, 100e6)).stretch).toBe(12_500);
  expect(new Line(via(0, 0, 100e3)).stretch).toBe(1460);
});

test('what may be under way is twice what the line holds, from 4 to 64 MiB', () => {
  expect(windowBytes(via(20, 0, 100e6))).toBe(4 * 2 ** 20);
  expect(windowBytes(via(100, 0, 1e9))).toBe(25e6);
  expect(windowBytes(via(2000, 0, 10e9))).toBe(64 * 2 ** 20);
});
