import { expect, test } from 'vitest';
import { Board, boardMemory, CpuSamples, Place } from '../../../../src/agent/runner/board.ts';

test('a stop in the future lets everything intended and begun before it start', () => {
  const board = new Board(boardMemory(1));
  expect(board.forbids(0, 1e12)).toBe(false);
  expect(board.isStopping).toBe(false);
  expect(board.stop(500, () => 100)).toBe(500);
  expect(board.isStopping).toBe(true);
  expect(board.forbids(499, 499)).toBe(false);
  expect(board.forbids(500, 499)).toBe(true);
  expect(board.forbids(499, 500)).toBe(true);
});

test('a stop in the past takes effect just after now, so that nothing that has started is forbidden', () => {
  const board = new Board(boardMemory(1));
  expect(board.stop(5, () => 100)).toBe(101);
  expect(board.forbids(100, 100)).toBe(false);
  expect(board.forbids(100, 101)).toBe(true);
});

test('a further stop may bring the instant forward and never puts it off', () => {
  const board = new Board(boardMemory(1));
  expect(board.stop(500, () => 100)).toBe(500);
  expect(board.stop(900, () => 110)).toBe(500);
  expect(board.stop(300, () => 120)).toBe(300);
  expect(board.stop(300, () => 400)).toBe(300);
  expect(board.forbids(299, 299)).toBe(false);
  expect(board.forbids(300, 299)).toBe(true);
});

test('numbers are given out one by one, up to the end', () => {
  const board = new Board(boardMemory(1));
  expect([board.takeNumber(), board.takeNumber(), board.nextNumber()]).toEqual([0, 1, 2]);
  expect(board.isPastEnd(5)).toBe(false);
  board.endAt(2);
  expect([board.isPastEnd(1), board.isPastEnd(2), board.isPastEnd(3)]).toEqual([false, true, true]);
});

test('a bell that rang since it was last heard lets nobody sleep', () => {
  const board = new Board(boardMemory(1));
  const heard = board.bell();
  board.ring();
  const before = performance.now();
  board.sleep(heard, 10_000);
  expect(performance.now() - before).toBeLessThan(5000);
});

test('different places do not touch one another', () => {
  const memory = boardMemory(3);
  const [a, b] = [new Place(memory, 0), new Place(memory, 1)];
  a.taken = 7;
  a.now.fill(1);
  b.written = 9;
  expect([a.taken, a.written, b.taken, b.written]).toEqual([7, 0, 0, 9]);
  expect(Array.from(b.now).every((value) => value === 0)).toBe(true);
});

test('the latest CPU sample is read whole', () => {
  const samples = new CpuSamples(boardMemory(1), 0);
  const into = new Float64Array(3);
  expect(samples.latest(into)).toBe(false);
  samples.leave(1, 2, 3);
  samples.leave(4, 5, 6);
  expect(samples.latest(into)).toBe(true);
  expect(Array.from(into)).toEqual([4, 5, 6]);
});
