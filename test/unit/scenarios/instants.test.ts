import { expect, test } from 'vitest';
import { Instants } from '../../../src/scenarios/instants.ts';
import { constantRate } from '../../../src/scenarios/profile.ts';
import { ns, seconds } from '../../../src/time/ns.ts';

test('instants are rounded to the nearest nanosecond', () => {
  const instants = new Instants(constantRate(3, seconds(2)));
  expect([0, 1, 2, 3].map((i) => instants.at(i))).toEqual([0, 333333333, 666666667, 1000000000]);
});

test('no instant is rounded out of its phase', () => {
  const instants = new Instants(constantRate(1e9, ns(1000)));
  expect(instants.at(999.4)).toBe(999);
  expect(instants.at(999.9)).toBe(999);
});

test('a buffer of arrivals becomes one of instants as far as told', () => {
  const buffer = Float64Array.of(1, 2, 3);
  new Instants(constantRate(2, seconds(2))).fill(buffer, 2);
  expect([...buffer]).toEqual([5e8, 1e9, 3]);
});
