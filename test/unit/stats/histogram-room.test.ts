import { expect, test } from 'vitest';
import { Histogram } from '../../../src/stats/histogram.ts';

const BITS_16 = 2 ** 16 - 1;
const BITS_32 = 2 ** 32 - 1;

const holding = (bucket: number, count: number): Histogram => {
  const histogram = new Histogram();
  histogram.addBucket(bucket, count);
  return histogram;
};

test.each([BITS_16, BITS_32])('a count goes on beyond %d, however it is reached', (most) => {
  const counted = holding(7, most);
  counted.addBucket(7, 1);
  expect(counted.at(7)).toBe(most + 1);
  counted.record(7000);
  expect(counted.at(7)).toBe(most + 2);

  const added = holding(7, most);
  added.add(holding(7, 2));
  expect(added.at(7)).toBe(most + 2);

  const copied = new Histogram();
  copied.add(counted);
  copied.addBucket(3000, 5);
  copied.add(counted);
  expect([copied.at(7), copied.at(3000), copied.total]).toEqual([2 * most + 4, 5, 2 * most + 9]);
});

test('pages that come after a count has grown hold as much', () => {
  const histogram = holding(7, BITS_32 + 1);
  for (let bucket = 0; bucket < 20_000; bucket += 8) histogram.addBucket(bucket, BITS_16 + 1);
  expect(histogram.at(8)).toBe(BITS_16 + 1);
  expect(histogram.at(16_000)).toBe(BITS_16 + 1);
  expect(histogram.at(7)).toBe(BITS_32 + 1);
});

test('room that was made beforehand holds large counts too, and a cleared histogram starts small again', () => {
  const reserved = new Histogram();
  reserved.reserve(10, 500);
  reserved.addBucket(500, BITS_16 + 7);
  expect(reserved.at(500)).toBe(BITS_16 + 7);
  reserved.clear();
  reserved.addBucket(500, 3);
  reserved.add(holding(500, BITS_16));
  expect(reserved.at(500)).toBe(BITS_16 + 3);
});
