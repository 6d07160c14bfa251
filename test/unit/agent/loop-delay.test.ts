import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { loopDelayMeter } from '../../../src/agent/loop-delay.ts';

let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

/** So many turns, each of which its timer sees so late. */
function turns(count: number, lateMs: number): void {
  for (let turn = 0; turn < count; turn++) {
    nowMs += 10 + lateMs;
    vi.advanceTimersByTime(10);
  }
}

test('a loop that is in time has no delay', () => {
  const delayMs = loopDelayMeter(() => nowMs * 1e6);
  turns(100, 0);
  expect(delayMs()).toBeCloseTo(0, 3);
});

test('a turn that held the loop up is told once, the one in which it was asked too', () => {
  const delayMs = loopDelayMeter(() => nowMs * 1e6);
  turns(50, 0.2);
  expect(delayMs()).toBeCloseTo(0.2, 2);
  turns(1, 400);
  turns(20, 0.2);
  expect(delayMs()).toBeCloseTo(400, 0);
  turns(20, 0.2);
  expect(delayMs()).toBeCloseTo(0.2, 2);
});

test('one late turn of a hundred does not make the percentile, two do', () => {
  const delayMs = loopDelayMeter(() => nowMs * 1e6);
  turns(1, 30);
  turns(199, 0);
  expect(delayMs()).toBeLessThan(1);
  turns(4, 30);
  turns(196, 0);
  expect(delayMs()).toBeCloseTo(30, 0);
});
