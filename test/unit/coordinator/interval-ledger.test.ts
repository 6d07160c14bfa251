import { expect, test } from 'vitest';
import { IntervalLedger } from '../../../src/coordinator/interval-ledger.ts';

test('a lease that has reported nothing wants interval 1 and has nothing acknowledged', () => {
  const ledger = new IntervalLedger();
  ledger.open(7);
  expect([ledger.ackThrough(7), ledger.resumeFrom(7)]).toEqual([0, 1]);
});

test('what is taken is wanted no more, and acknowledged only when it is stored', () => {
  const ledger = new IntervalLedger();
  ledger.open(7);
  expect(ledger.offer(7, 1)).toBe('take');
  ledger.taken(7);
  expect([ledger.ackThrough(7), ledger.resumeFrom(7)]).toEqual([0, 2]);
  expect(ledger.offer(7, 1)).toBe('repeated');
  ledger.stored(7, 1);
  expect(ledger.ackThrough(7)).toBe(1);
});

test('an offer that was not taken may come again', () => {
  const ledger = new IntervalLedger();
  ledger.open(7);
  expect([ledger.offer(7, 1), ledger.offer(7, 1)]).toEqual(['take', 'take']);
});

test('a gap is never taken', () => {
  const ledger = new IntervalLedger();
  ledger.open(7);
  expect(ledger.offer(7, 2)).toBe('gap');
});

test('opening a lease again after a reconnect forgets nothing', () => {
  const ledger = new IntervalLedger();
  ledger.open(7);
  ledger.taken(7);
  ledger.stored(7, 1);
  ledger.open(7);
  expect([ledger.ackThrough(7), ledger.resumeFrom(7)]).toEqual([1, 2]);
});

test('leases are told apart, and one that is over takes nothing', () => {
  const ledger = new IntervalLedger();
  ledger.open(7);
  ledger.open(8);
  ledger.taken(7);
  expect([ledger.resumeFrom(7), ledger.resumeFrom(8)]).toEqual([2, 1]);
  ledger.close(7);
  ledger.stored(7, 1);
  expect([ledger.offer(7, 2), ledger.ackThrough(7), ledger.resumeFrom(7)]).toEqual(['fenced', null, null]);
});
