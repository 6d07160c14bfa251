import { expect, test } from 'vitest';
import { constantRate } from '../../../src/scenarios/profile.ts';
import { seconds } from '../../../src/time/ns.ts';
import { instantsOf, openPhase, sharesOf } from '../../support/schedules.ts';

const roundedQuotient = (i: number, rate: bigint): number => Number((BigInt(i) * 2_000_000_000n + rate) / (2n * rate));

test.each([3, 7, 120, 1024, 9999])('uniform arrivals at %i/s lie at i/rate to the nanosecond, however late', (rate) => {
  const instants = instantsOf(openPhase('uniform', constantRate(rate, seconds(60))));
  expect(instants).toHaveLength(60 * rate);
  for (const [i, at] of instants.entries()) if (at !== roundedQuotient(i, BigInt(rate))) expect.fail(`${i}: ${at}`);
});

test('a share of uniform arrivals is every n-th of them', () => {
  const phase = openPhase('uniform', constantRate(100, seconds(1.03)));
  const all = instantsOf(phase);
  expect(all).toHaveLength(103);
  for (const share of sharesOf(8)) {
    expect(instantsOf(phase, share)).toEqual(all.filter((_, i) => i % 8 === share.index));
  }
});

test('on a ramp from zero the first arrival comes at once and the others when the integral says so', () => {
  const instants = instantsOf(openPhase('uniform', [{ from: 0, to: 10, durationNs: seconds(10) }]));
  expect(instants).toHaveLength(50);
  for (const [i, at] of instants.entries()) expect(at).toBe(Math.round(Math.sqrt(2 * i) * 1e9));
});
