import { expect, test } from 'vitest';
import { crossingOf, heightAt, type Line, lineThrough } from '../../../../src/stats/peak/line.ts';
import { logOdds, logOddsOf } from '../../../../src/stats/peak/log-odds.ts';

// Reference values: SciPy 1.17.1, bench/reference/peak_values.py (root search on the t statistic, not Fieller's form).
const OVER = [121, 108, 140, 165, 201, 150, 240, 268, 219, 344, 310, 391, 502, 431, 467];
const OF = [5640, 5640, 5640, 5820, 5820, 5820, 6000, 6000, 6000, 6180, 6180, 6180, 6360, 6360, 6360];
const RATES = [188, 194, 200, 206, 212].flatMap((rate) => [rate, rate, rate]);

const through = (x: readonly number[], y: readonly number[]): Line => {
  const line = lineThrough(x.map((at, i) => ({ x: at, y: y[i] ?? Number.NaN })));
  if (line === null) throw new Error('no line');
  return line;
};

const levels = through(
  RATES,
  OVER.map((over, i) => logOddsOf(over, OF[i] ?? 0)),
);
const few = through([1, 2, 3, 4], [0.3, 1.9, 1.1, 2.8]);

test('a line through levels has the slope and the scatter that SciPy finds', () => {
  expect(levels.slope).toBeCloseTo(0.053525097332794765, 12);
  expect(levels.variance).toBeCloseTo(0.011591397835784696, 12);
  expect(heightAt(levels, 204.1342026743168)).toBeCloseTo(logOdds(0.05), 9);
});

test.each([
  ['inside the levels', levels, logOdds(0.05), 0.95, 204.1342026743168, 202.94648256252165, 205.4690642941475],
  ['far outside of them', levels, logOdds(0.2), 0.95, 233.2447451243139, 229.22124471660624, 238.4514681065308],
  ['of few scattered points', few, 2, 0.8, 3.208955223880597, 2.0220633102601764, 33.0488028314722],
] as const)('a crossing %s has the bounds at which a t test begins to reject', (_, line, y, c, value, low, high) => {
  const crossing = crossingOf(line, y, c);
  if (crossing.kind !== 'bounded') throw new Error(`found ${crossing.kind}`);
  expect(crossing.value).toBeCloseTo(value, 8);
  expect(crossing.low).toBeCloseTo(low, 8);
  expect(crossing.high).toBeCloseTo(high, 6);
});

test('a slope that could be none leaves a crossing without bounds, and one that falls has no crossing', () => {
  expect(crossingOf(few, 2, 0.95)).toEqual({ kind: 'unbounded', value: expect.closeTo(3.208955223880597, 8) });
  expect(crossingOf(through([1, 2, 3], [3, 2, 1]), 2, 0.95)).toEqual({ kind: 'none' });
});

test('two points, or points at one rate, make no line with bounds', () => {
  expect(
    lineThrough([
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ]),
  ).toBeNull();
  expect(lineThrough([1, 2, 3].map((y) => ({ x: 5, y })))).toBeNull();
});
