import { expect, test } from 'vitest';
import { type Starter, startSpread } from '../../../src/coordinator/start-spread.ts';
import { milliseconds, toMilliseconds } from '../../../src/time/ns.ts';

/** `zeroMs`: on the clock; null: not told. */
const starter = (boundMs: number, clock: string | null = null, zeroMs = 0): Starter => ({
  boundNs: milliseconds(boundMs),
  at: clock === null ? null : { clock, zeroNs: BigInt(Math.round(zeroMs * 1e6)) },
});

const spreadMs = (...starters: readonly Starter[]): number | null => {
  const spread = startSpread(starters);
  return spread === null ? null : toMilliseconds(spread);
};

test('an agent alone begins with itself', () => {
  expect(spreadMs(starter(7, 'a'))).toBeNull();
});

test('agents on clocks of their own may begin so far apart as the two worst known clocks leave open', () => {
  expect(spreadMs(starter(1), starter(5), starter(3))).toBe(8);
  expect(spreadMs(starter(1, 'a'), starter(5, 'b'), starter(3, 'c'))).toBe(8);
});

test('agents that read one clock begin so far apart as their instants on it are, however far off it is', () => {
  expect(spreadMs(starter(40, 'a', 1000), starter(50, 'a', 1000.25), starter(60, 'a', 999.75))).toBe(0.5);
  expect(spreadMs(starter(40, 'a', 7), starter(50, 'a', 7))).toBe(0);
});

test('of several nodes the worst agent of each counts against that of another', () => {
  expect(spreadMs(starter(40, 'a'), starter(50, 'a'), starter(1, 'b'), starter(2, 'b'))).toBe(52);
});

test('agents of one node that disagree more than the nodes’ bounds say so', () => {
  expect(spreadMs(starter(1, 'a', 0), starter(1, 'a', 9), starter(1, 'b'))).toBe(9);
});

test('an agent that does not tell its clock may share it with nobody', () => {
  expect(spreadMs(starter(5, 'a'), starter(3))).toBe(8);
});
