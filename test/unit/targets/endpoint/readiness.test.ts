import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { NoAnswer } from '../../../../src/targets/endpoint/carrier.ts';
import { readyWithin } from '../../../../src/targets/endpoint/readiness.ts';
import { FeedError } from '../../../../src/targets/feed-error.ts';
import { milliseconds } from '../../../../src/time/ns.ts';

test('without a time to wait there is one attempt, with as much time as it likes', async () => {
  const left: number[] = [];
  const once = readyWithin(null, async (leftMs) => {
    left.push(leftMs());
    throw new Error('not there');
  });
  await expect(once).rejects.toThrow('not there');
  expect(left).toEqual([Number.POSITIVE_INFINITY]);
});

test('attempts are told how much is left, and one that the end cuts short does not hide why those before it failed', async () => {
  const left: number[] = [];
  const waited = readyWithin(milliseconds(700), async (leftMs) => {
    left.push(leftMs());
    if (left.length === 1) throw new Error('answered 503');
    await sleep(leftMs());
    throw new NoAnswer('http://x', 450);
  });
  await expect(waited).rejects.toThrow('answered 503');
  expect(left.length).toBe(2);
  expect(left[0]).toBeLessThanOrEqual(700);
  expect(left[1]).toBeLessThanOrEqual(450);
});

test('what no waiting can mend is told at once', async () => {
  let attempts = 0;
  const waited = readyWithin(milliseconds(60_000), async () => {
    attempts++;
    throw new FeedError(['inputs'], 'found none');
  });
  await expect(waited).rejects.toThrow('inputs: found none');
  expect(attempts).toBe(1);
});
