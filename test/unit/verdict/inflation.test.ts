import { expect, test } from 'vitest';
import { dispersionOf } from '../../../src/stats/effective.ts';
import { Histogram } from '../../../src/stats/histogram.ts';
import type { Population } from '../../../src/stats/population.ts';
import { inflationOfLatency } from '../../../src/verdict/inflation.ts';

const LIMIT_NS = 100e6;
const MS = 1e6;

const population = (durationsMs: readonly number[]): Population => {
  const finite = new Histogram();
  for (const ms of durationsMs) finite.record(ms * MS);
  return { finite, infinite: 0 };
};

const blocksOf = (block: (j: number) => number[]) => {
  const parts = Array.from({ length: 20 }, (_, j) => block(j));
  const counts = {
    over: parts.map((part) => part.filter((ms) => ms * MS >= LIMIT_NS).length),
    of: parts.map((part) => part.length),
  };
  return { whole: population(parts.flat()), blocks: parts.map(population), counts };
};

const hundred = (ms: number): number[] => Array.from({ length: 100 }, () => ms);

test('bursts below the limit inflate a verdict that no request over it would', () => {
  const { whole, blocks, counts } = blocksOf((j) => hundred(j < 3 ? 60 : 10));
  expect(counts.over.every((over) => over === 0)).toBe(true);
  expect(inflationOfLatency(whole, blocks, counts, LIMIT_NS, 0.95)).toBeGreaterThan(50);
});

test('noise below a quarter of the limit does not', () => {
  const { whole, blocks, counts } = blocksOf((j) => hundred(j < 3 ? 24 : 1));
  expect(inflationOfLatency(whole, blocks, counts, LIMIT_NS, 0.95)).toBe(1);
});

test('the inflation is at least that of the limit itself', () => {
  const { whole, blocks, counts } = blocksOf((j) => [...hundred(5), ...(j === 7 ? [150, 150, 150] : [])]);
  const own = dispersionOf(counts.over, counts.of).inflation;
  expect(own).toBeGreaterThan(1);
  expect(inflationOfLatency(whole, blocks, counts, LIMIT_NS, 0.95)).toBe(own);
});
