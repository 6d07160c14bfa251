import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { END_WARNING_S } from '../../../../../src/engines/inside-place.ts';
import { RoomLife } from '../../../../../src/engines/kubernetes/room/room-life.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A coordinator that notes what it is told; its process group is nobody's. */
class Coordinator extends EventEmitter {
  readonly pid = undefined;
  readonly told: string[] = [];
  kill(signal: string): void {
    this.told.push(signal);
  }
}

const MINUTE = 60_000;

function roomOf(stayMs = 30 * MINUTE) {
  const coordinator = new Coordinator();
  let starts = 0;
  const life = new RoomLife(
    () => {
      starts++;
      return coordinator as unknown as ChildProcess;
    },
    { stayMs, keepMs: 60 * MINUTE, idleMs: 10 * MINUTE },
  );
  let end: string | null = null;
  void life.over.then((why) => {
    end = why;
  });
  const after = async (ms: number): Promise<string | null> => {
    await vi.advanceTimersByTimeAsync(ms);
    return end;
  };
  return { life, coordinator, after, starts: () => starts };
}

test('a room is left where nobody hands anything over, or stops doing so', async () => {
  const { life, after } = roomOf();
  await after(9 * MINUTE);
  life.touch();
  expect(await after(9 * MINUTE)).toBeNull();
  expect(await after(MINUTE)).toBe('nobody handed over a run');
});

test('its coordinator is started once, and what it left is kept for its time', async () => {
  const { life, coordinator, after, starts } = roomOf();
  life.begin();
  life.begin();
  expect([life.phase, starts()]).toEqual(['running', 1]);
  await after(20 * MINUTE);
  coordinator.emit('close');
  expect(life.phase).toBe('ended');
  life.begin();
  expect(starts()).toBe(1);
  expect(await after(59 * MINUTE)).toBeNull();
  expect(await after(MINUTE)).toBe('results were kept as long as they are');
});

test('one that stays too long is told to drain before its time is over', async () => {
  const { life, coordinator, after } = roomOf();
  life.begin();
  await after(30 * MINUTE - 1000 * END_WARNING_S - 1);
  expect(coordinator.told).toEqual([]);
  await after(1);
  life.drain();
  expect(coordinator.told).toEqual(['SIGTERM']);
});

test('one whose whole stay is shorter than that is told after half of it', async () => {
  const { life, coordinator, after } = roomOf(MINUTE);
  life.begin();
  await after(MINUTE / 2 - 1);
  expect(coordinator.told).toEqual([]);
  await after(1);
  expect(coordinator.told).toEqual(['SIGTERM']);
});

test('in a room that is taken away the coordinator drains, and what it left stays until nobody wants it', async () => {
  const { life, coordinator, after } = roomOf();
  life.begin();
  life.drainAndStay();
  expect(coordinator.told).toEqual(['SIGTERM']);
  coordinator.emit('close');
  expect([life.phase, await after(MINUTE)]).toEqual(['ended', null]);
  await life.leave();
  expect(await after(0)).toBe('told to end');
});

test('a room that is taken away before it has a run is left, and starts none any more', async () => {
  const { life, after, starts } = roomOf();
  life.drainAndStay();
  expect(await after(0)).toBe('told to end');
  life.begin();
  expect(starts()).toBe(0);
});

test('a coordinator that could not be started has ended', async () => {
  const { life, coordinator } = roomOf();
  life.begin();
  coordinator.emit('error', new Error('ENOENT'));
  expect(life.phase).toBe('ended');
});
