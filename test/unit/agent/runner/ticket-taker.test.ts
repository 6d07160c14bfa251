import { expect, test } from 'vitest';
import { TicketTaker } from '../../../../src/agent/runner/ticket-taker.ts';

/** A queue of which the test says what is there; `numbers` counts what was taken, `starving` who waits. */
function queue() {
  const state = {
    numbers: 0,
    starving: 0,
    isPastEnd: false,
    readable: new Set<number>(),
    published: new Set<number>(),
  };
  const board = {
    takeNumber: () => state.numbers++,
    isPastEnd: () => state.isPastEnd,
    starving: () => void state.starving++,
    fed: () => void state.starving--,
  };
  const tickets = {
    read: (ticket: number) => state.readable.has(ticket),
    isPublished: (ticket: number) => state.published.has(ticket),
  };
  return { state, taker: new TicketTaker(board, tickets) };
}

const into = new Float64Array(6);

test('a number that is taken is kept until its ticket comes, and the queue is told once that a thread waits', () => {
  const { state, taker } = queue();
  expect([taker.take(into), taker.take(into)]).toEqual([false, false]);
  expect([state.numbers, state.starving, taker.isStarving, taker.isEmpty]).toEqual([1, 1, true, false]);
  state.readable.add(0);
  expect(taker.take(into)).toBe(true);
  expect([state.starving, taker.isStarving]).toEqual([0, false]);
  state.readable.add(1);
  expect(taker.take(into)).toBe(true);
  expect(state.numbers).toBe(2);
});

test('past the end of the schedule the queue is empty for good, and nobody waits', () => {
  const { state, taker } = queue();
  expect(taker.take(into)).toBe(false);
  state.isPastEnd = true;
  expect(taker.take(into)).toBe(false);
  expect([taker.isEmpty, taker.isStarving, state.starving]).toEqual([true, false, 0]);
  state.readable.add(0);
  expect(taker.take(into)).toBe(false);
});

test('a ticket that was published after it could not be read is no end', () => {
  const { state, taker } = queue();
  state.isPastEnd = true;
  state.published.add(0);
  expect(taker.take(into)).toBe(false);
  expect([taker.isEmpty, taker.isStarving]).toEqual([false, true]);
  state.readable.add(0);
  expect(taker.take(into)).toBe(true);
});
