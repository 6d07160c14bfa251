import { expect, test } from 'vitest';
import { shortLevels, shortLevelsText } from '../../../src/campaign/level-length.ts';
import { milliseconds, seconds } from '../../../src/time/ns.ts';
import { errorsBelow, latencyBelow } from '../../support/cells.ts';

const levels = (everyS: number, warmupS: number) => ({ everyNs: seconds(everyS), warmupNs: seconds(warmupS) });

test('levels a hundred times as long as the limit are long enough, warm-up included', () => {
  expect(shortLevels(levels(30, 5), [latencyBelow(0.95, 350), errorsBelow(0.05)])).toBeNull();
  expect(shortLevels(levels(10, 2), [latencyBelow(0.95, 100)])).toBeNull();
});

test('shorter ones are told with what may be hidden, and how long would do', () => {
  const short = shortLevels(levels(2, 0.5), [latencyBelow(0.99, 900), latencyBelow(0.95, 400)]);
  expect(short).toEqual({ limitNs: milliseconds(400), hidden: 0.16, enoughNs: seconds(40) });
  if (short === null) throw new Error('not told');
  expect(shortLevelsText(short, levels(2, 0.5))).toBe(
    'levels of 2s are short beside 400ms that a request may wait: at up to 16 % more than the target keeps up, a queue has no time to grow so long',
  );
});

test('a limit on the service alone, or on errors, leaves the second in which work is in time', () => {
  expect(shortLevels(levels(30, 5), [latencyBelow(0.95, 10, 'service')])?.limitNs).toBe(seconds(1));
  expect(shortLevels(levels(30, 5), [errorsBelow(0.05)])?.limitNs).toBe(seconds(1));
});
