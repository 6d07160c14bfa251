import { expect, test } from 'vitest';
import { blocksOf, sumOf } from '../../../src/stats/blocks.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { countAbove, durationOfRank, populationOf, sizeOf } from '../../../src/stats/population.ts';
import { Tally } from '../../../src/stats/tally.ts';

const slot = (ok: number): Tally => {
  const tally = new Tally(1);
  tally.outcomes[Outcome.ok] = ok;
  return tally;
};

test('20 k slots make 20 blocks of k neighbours', () => {
  const blocks = blocksOf(Array.from({ length: 60 }, (_, i) => slot(i)));
  expect(blocks?.map((block) => block.ok)).toEqual(Array.from({ length: 20 }, (_, j) => 9 * j + 3));
});

test('a phase of one slot has no blocks', () => {
  expect(blocksOf([slot(5)])).toBeNull();
  expect(blocksOf([])).toBeNull();
});

test('the sum of no tallies counts as many limits as it is told', () => {
  expect(sumOf([], 3).over).toHaveLength(3);
  expect(sumOf([slot(2), slot(3)]).ok).toBe(5);
});

test('response stands on all scheduled, service and wait on the started, lag on what was recorded of it', () => {
  const tally = slot(3);
  for (let i = 0; i < 3; i++) {
    for (const histogram of [tally.response, tally.service, tally.wait, tally.lag]) histogram.record(1000);
  }
  tally.outcomes[Outcome.shed] = 2;
  tally.outcomes[Outcome.targetError] = 1;
  tally.started = 4;
  tally.lag.record(1000);
  const sizes = (['response', 'responseOk', 'service', 'wait', 'lag'] as const).map((name) =>
    sizeOf(populationOf(tally, name)),
  );
  expect(sizes).toEqual([6, 3, 4, 4, 4]);
});

test('above a bucket are the later buckets and all at infinity, not the bucket itself', () => {
  const { response } = new Tally(0);
  for (const us of [10, 10, 20, 30]) response.record(us * 1000);
  const population = { finite: response, infinite: 2 };
  expect([9, 10, 20, 30].map((bucket) => countAbove(population, bucket))).toEqual([6, 4, 3, 2]);
  expect([1, 3, 4, 5].map((rank) => durationOfRank(population, rank))).toEqual([10_000, 20_000, 30_000, null]);
});
