import { expect, test } from 'vitest';
import { stream } from '../../../src/scenarios/rng.ts';
import { Dealer, shareOf } from '../../../src/scenarios/share.ts';
import { sharesOf } from '../../support/schedules.ts';

test('ten dealt to four agents are three, three, two and two', () => {
  expect(sharesOf(4).map((share) => shareOf(10, share))).toEqual([3, 3, 2, 2]);
  expect(sharesOf(3).map((share) => shareOf(1, share))).toEqual([1, 0, 0]);
  expect(sharesOf(2).map((share) => shareOf(0, share))).toEqual([0, 0]);
});

test.each([1, 2, 3, 5, 8, 13])(
  'dealt at random, every arrival has one owner out of %i and the counts are exact',
  (of) => {
    const count = 1001;
    const dealers = sharesOf(of).map((share) => new Dealer(count, share, stream('5', 'shares')));
    const got = dealers.map(() => 0);
    for (let i = 0; i < count; i++) {
      const owners = dealers.flatMap((dealer, index) => (dealer.deal() ? [index] : []));
      expect(owners).toHaveLength(1);
      for (const owner of owners) got[owner] = (got[owner] ?? 0) + 1;
    }
    expect(got).toEqual(sharesOf(of).map((share) => shareOf(count, share)));
    expect(dealers.map((dealer) => dealer.left)).toEqual(got.map(() => 0));
  },
);

test('each agent has the same chance of each place in the deal', () => {
  // Four arrivals to three agents with 2, 1 and 1: agent 0 owns the first in half of all deals, the others in a quarter.
  const deals = 8000;
  const firsts = sharesOf(3).map((share) => {
    let first = 0;
    for (let seed = 0; seed < deals; seed++) if (new Dealer(4, share, stream(`${seed}`, 'deal')).deal()) first++;
    return first / deals;
  });
  for (const [i, expected] of [0.5, 0.25, 0.25].entries()) {
    expect(Math.abs((firsts[i] ?? 0) - expected)).toBeLessThan(3.3 * Math.sqrt((expected * (1 - expected)) / deals));
  }
});
