import { expect, test } from 'vitest';
import { Board, boardMemory } from '../../../../src/agent/runner/board.ts';
import { Pacer } from '../../../../src/agent/runner/pacing.ts';
import { type Ns, ns } from '../../../../src/time/ns.ts';

/** A board on which sleeping moves the clock instead of blocking, and ends `late` after it should. */
class DreamBoard extends Board {
  now = 0;
  readonly slept: number[] = [];
  late = 0;

  override sleep(_heard: number, ms: number): void {
    this.slept.push(ms);
    this.now += ms * 1e6 + this.late;
  }
}

function pacing(kind: 'precise' | 'lowCpu') {
  const board = new DreamBoard(boardMemory(1));
  const clock = {
    readings: 0,
    now(): Ns {
      this.readings++;
      board.now += 50;
      return ns(board.now);
    },
  };
  return { board, clock, pacer: new Pacer(kind, clock, board) };
}

test.for(['precise', 'lowCpu'] as const)('%s pacing never returns before the intended start', (kind) => {
  const { board, pacer } = pacing(kind);
  for (const late of [0, 60e3, 250e3, 3e6]) {
    board.late = late;
    for (let i = 0; i < 50; i++) {
      const intended = board.now + 1e6;
      expect(pacer.until(intended)).toBeGreaterThanOrEqual(intended);
    }
  }
});

test('precise pacing sleeps, then spins for 0.3 ms at most', () => {
  const { board, clock, pacer } = pacing('precise');
  board.late = 200e3;
  for (let i = 0; i < 5000; i++) pacer.until(board.now + 1e6);
  clock.readings = 0;
  const intended = board.now + 1e6;
  const lag = pacer.until(intended) - intended;
  expect(lag).toBeLessThan(1000);
  expect(clock.readings * 50).toBeLessThan(300e3);
  expect(board.slept.at(-1)).toBeGreaterThan(0.7);
});

test('low-CPU pacing only sleeps, and is as late as its sleeps are', () => {
  const { board, clock, pacer } = pacing('lowCpu');
  board.late = 90e3;
  const intended = board.now + 5e6;
  expect(pacer.until(intended) - intended).toBeGreaterThanOrEqual(90e3);
  expect(clock.readings).toBe(2);
});

test('a stop ends the waiting for a request that may not start any more', () => {
  const { board, pacer } = pacing('precise');
  board.stop(10e6, () => 0);
  expect(pacer.until(20e6)).toBeLessThan(20e6);
  expect(board.slept).toEqual([]);
  expect(pacer.until(5e6)).toBeGreaterThanOrEqual(5e6);
});
