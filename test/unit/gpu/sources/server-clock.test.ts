import { describe, expect, test } from 'vitest';
import { ServerClock } from '../../../../src/gpu/sources/server-clock.ts';

/** What a server whose clock is ahead by so much answers: its date in whole seconds. */
const dateAt = (ourMs: number, aheadMs: number): number => Math.floor((ourMs + aheadMs) / 1000) * 1000;

describe('the clock of a server', () => {
  test('is not known before an answer', () => {
    expect(new ServerClock().bounds).toBeNull();
  });

  test('lies within a second and the time that an answer took', () => {
    const clock = new ServerClock();
    clock.answered(dateAt(10_450, 3_000), 10_400, 10_500);
    expect(clock.bounds).toEqual({ leastMs: 2_500, mostMs: 3_600 });
  });

  test.each([-4_321, 0, 77, 3_600_000])('is found ever closer, and never wrongly: ahead by %i ms', (aheadMs) => {
    const clock = new ServerClock();
    let width = Number.POSITIVE_INFINITY;
    for (let asked = 10_000; asked < 30_000; asked += 530) {
      clock.answered(dateAt(asked + 15, aheadMs), asked, asked + 20);
      const { leastMs = 0, mostMs = 0 } = clock.bounds ?? {};
      expect(leastMs).toBeLessThanOrEqual(aheadMs);
      expect(mostMs).toBeGreaterThanOrEqual(aheadMs);
      expect(mostMs - leastMs).toBeLessThanOrEqual(width);
      width = mostMs - leastMs;
    }
    expect(width).toBeLessThan(100);
  });

  test('that was set meanwhile is known by its newest answer', () => {
    const clock = new ServerClock();
    clock.answered(dateAt(10_500, 0), 10_500, 10_500);
    clock.answered(dateAt(11_500, 60_000), 11_500, 11_500);
    expect(clock.bounds).toEqual({ leastMs: 59_500, mostMs: 60_500 });
  });
});
