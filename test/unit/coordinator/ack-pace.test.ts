import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AckPace } from '../../../src/coordinator/ack-pace.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A pace for so many streams, and what was acknowledged. */
function paceOf(streams: number) {
  const said: string[] = [];
  const ways = new Map<string, () => void>();
  const pace = new AckPace(() => streams);
  const due = (name: string): void => {
    const way = ways.get(name) ?? (() => void said.push(name));
    ways.set(name, way);
    pace.due(way);
  };
  return { pace, due, said };
}

test('few streams are acknowledged at once, each once for all that reached the disk together', () => {
  const { due, said } = paceOf(100);
  for (const name of ['a', 'b', 'a']) due(name);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(said).toEqual(['a', 'b']);
});

test('many streams are acknowledged in rounds of two seconds', () => {
  const { due, said } = paceOf(101);
  due('a');
  vi.advanceTimersByTime(1_900);
  for (const name of ['b', 'a']) due(name);
  expect(said).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(said).toEqual(['a', 'b']);
  due('a');
  vi.advanceTimersByTime(1_999);
  expect(said).toEqual(['a', 'b']);
});

test('agents that are told to leave wait for no round, neither for the present one nor for another', () => {
  const { pace, due, said } = paceOf(1_000);
  due('a');
  pace.hurry();
  expect(said).toEqual(['a']);
  due('b');
  vi.advanceTimersByTime(1);
  expect(said).toEqual(['a', 'b']);
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(['a', 'b']);
});
