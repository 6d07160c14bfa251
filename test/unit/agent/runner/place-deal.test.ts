import { expect, test } from 'vitest';
import { PlaceDeal } from '../../../../src/agent/runner/place-deal.ts';

test('a place for each worker where a request occupies its thread', () => {
  const deal = new PlaceDeal(3, 3, 1);
  expect(deal.places).toBe(3);
  expect([0, 1, 2].map((worker) => deal.of(worker))).toEqual([0, 1, 2].map((first) => ({ first, count: 1 })));
});

test('whole connections go to workers in stretches that differ by one connection at most', () => {
  const deal = new PlaceDeal(3, 8, 4);
  expect(deal.places).toBe(32);
  expect([0, 1, 2].map((worker) => deal.of(worker))).toEqual([
    { first: 0, count: 8 },
    { first: 8, count: 12 },
    { first: 20, count: 12 },
  ]);
  expect([0, 7, 8, 19, 20, 31].map((place) => deal.workerOf(place))).toEqual([0, 0, 1, 1, 2, 2]);
});
