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

function ticksUntil(endNs: number, due: Due, draw = middle): { at: number; wanted: ReadonlySet<string> }[] {
  const ticks = [];
  for (let state = due; nextTick(state) < endNs; ) {
    const at = nextTick(state);
    const { wanted, due: next } = tick(state, TEMPO, at, draw);
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
