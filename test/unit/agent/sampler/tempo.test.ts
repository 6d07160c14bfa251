import { expect, test } from 'vitest';
import {
  beginning,
  type Due,
  nextTick,
  type Tempo,
  tick,
  withBoundaries,
} from '../../../../src/agent/sampler/tempo.ts';

const TEMPO: Tempo = { fastNs: 200e6, activityNs: 500e6, slowNs: 1e9 };
const middle = (): number => 0.5;

function ticksUntil(
  endNs: number,
  due: Due,
  draw = middle,
  tempo = TEMPO,
): { at: number; wanted: ReadonlySet<string> }[] {
  const ticks = [];
  for (let state = due; nextTick(state, tempo) < endNs; ) {
    const at = nextTick(state, tempo);
    const { wanted, due: next } = tick(state, tempo, at, draw);
    ticks.push({ at, wanted });
    state = next;
  }
  return ticks;
}

test('power is read five times a second, activity twice, memory and counters once', () => {
  const ticks = ticksUntil(10e9, beginning(0));
  const count = (metric: string): number => ticks.filter(({ wanted }) => wanted.has(metric)).length;
  expect([count('power.draw'), count('activity.sm'), count('memory.used'), count('energy')]).toEqual([50, 20, 10, 10]);
});

test('a boundary is met to the nanosecond: counters, and power beside them', () => {
  const due = withBoundaries(beginning(0), [3_333_333_333, 777_777_777, -1], 0);
  const at = ticksUntil(5e9, due).filter(({ at }) => at === 777_777_777 || at === 3_333_333_333);
  expect(at).toHaveLength(2);
  for (const { wanted } of at) {
    expect(wanted.has('energy') && wanted.has('power.draw')).toBe(true);
    expect(wanted.has('memory.used')).toBe(false);
  }
});

test('distances vary by up to a fifth to either side', () => {
  for (const [drawn, distance] of [
    [0, 160e6],
    [1, 240e6],
  ] as const) {
    const fast = ticksUntil(2e9, beginning(0), () => drawn).filter(({ wanted }) => wanted.has('power.draw'));
    expect((fast[2]?.at ?? 0) - (fast[1]?.at ?? 0)).toBeCloseTo(distance, 0);
  }
});

test('all else comes along with power, so that nobody is woken twice', () => {
  let drawn = 0;
  const ticks = ticksUntil(60e9, beginning(0), () => (drawn = (drawn + 0.381966) % 1));
  expect(ticks.every(({ wanted }) => wanted.has('power.draw'))).toBe(true);
  const count = (metric: string): number => ticks.filter(({ wanted }) => wanted.has(metric)).length;
  expect(Math.abs(count('activity.sm') - 120)).toBeLessThanOrEqual(1);
  expect(Math.abs(count('memory.used') - 60)).toBeLessThanOrEqual(1);
  expect(Math.abs(count('energy') - 60)).toBeLessThanOrEqual(1);
});

test('nothing waits long for power that is read seldom', () => {
  const tempo: Tempo = { ...TEMPO, fastNs: 5e9 };
  const ticks = ticksUntil(60e9, beginning(0), middle, tempo);
  const of = (metric: string): readonly number[] =>
    ticks.filter(({ wanted }) => wanted.has(metric)).map(({ at }) => at);
  const longest = (instants: readonly number[]): number =>
    Math.max(...instants.slice(1).map((at, place) => at - (instants[place] ?? 0)));
  expect(longest(of('activity.sm'))).toBeLessThanOrEqual(625e6);
  expect(longest(of('energy'))).toBeLessThanOrEqual(1.125e9);
  expect(of('memory.used').length).toBeGreaterThanOrEqual(58);
  expect(of('power.draw')).toHaveLength(12);
});

test('after a long stop nothing is caught up with', () => {
  const { due } = tick(beginning(0), TEMPO, 60e9, middle);
  const after = ticksUntil(62e9, due);
  expect(after.filter(({ wanted }) => wanted.has('energy')).length).toBeLessThanOrEqual(2);
  expect(after.filter(({ wanted }) => wanted.has('activity.sm')).length).toBeLessThanOrEqual(5);
});

test('what comes along with power is not always at the same place of a second', () => {
  let drawn = 0;
  const ticks = ticksUntil(600e9, beginning(0), () => (drawn = (drawn + 0.381966 + drawn * 0.01) % 1));
  for (const metric of ['memory.used', 'energy', 'activity.sm']) {
    const quarters = [0, 0, 0, 0];
    const places = ticks.filter(({ wanted }) => wanted.has(metric)).map(({ at }) => Math.floor((at % 1e9) / 250e6));
    for (const place of places) quarters[place] = (quarters[place] ?? 0) + 1;
    expect(Math.min(...quarters) / places.length).toBeGreaterThan(0.15);
  }
});

test('one that came late is due again after its own distance, and after a long stop not at once', () => {
  const due: Due = { at: { fast: 300e6, activity: 0, slow: 0, boundary: 0 }, boundaries: [] };
  expect(tick(due, TEMPO, 300e6, middle).due.at).toEqual({ fast: 500e6, activity: 550e6, slow: 1e9, boundary: 1e9 });
  expect(tick(due, TEMPO, 60e9, middle).due.at).toMatchObject({ activity: 60.25e9, slow: 60.5e9 });
});

test('what is read alone is read at distances of its own', () => {
  const tempo: Tempo = { ...TEMPO, fastNs: 5e9 };
  const of = (drawn: number): readonly number[] =>
    ticksUntil(4e9, beginning(0), () => drawn, tempo)
      .filter(({ wanted }) => wanted.has('activity.sm'))
      .map(({ at }) => at);
  expect(of(0).slice(0, 3)).toEqual([0, 525e6, 925e6]);
  expect(of(0.5).slice(0, 3)).toEqual([0, 625e6, 1125e6]);
});
