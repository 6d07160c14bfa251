import { expect, test } from 'vitest';
import { lastingFor } from '../../../src/scenarios/at-least.ts';
import { arrivalCount } from '../../../src/scenarios/profile.ts';
import { ns, seconds } from '../../../src/time/ns.ts';

test.each<[string, number | null, number, number, number, number]>([
  ['the duration decides where it holds enough', 1000, 100, 100, 20, 20],
  ['nothing is asked for', null, 100, 100, 20, 20],
  ['a constant rate lasts until it has them', 24_576, 120, 120, 20, 204.8],
  ['a ramp keeps its ends and takes longer', 3000, 0, 200, 10, 30],
])('%s', (_, atLeast, from, to, forS, lasts) => {
  expect(lastingFor(atLeast, from, to, seconds(forS)) / 1e9).toBe(lasts);
});

test('it is the shortest duration that holds them, whatever the rate', () => {
  for (const rate of [0.3, 7, 33.3, 120, 9999.7]) {
    for (const atLeast of [1, 270, 24_576]) {
      const lasts = lastingFor(atLeast, rate, rate, ns(1));
      expect(arrivalCount([{ from: rate, to: rate, durationNs: lasts }])).toBe(atLeast);
      expect((rate * (lasts - 1)) / 1e9).toBeLessThan(atLeast);
    }
  }
});
