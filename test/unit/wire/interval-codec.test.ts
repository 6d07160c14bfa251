import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { BUCKETS, MAX_US } from '../../../src/stats/buckets.ts';
import { Histogram } from '../../../src/stats/histogram.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { Tally } from '../../../src/stats/tally.ts';
import { IntervalSchema, SparseHistogramSchema } from '../../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import {
  addSlotTo,
  decodeHistogram,
  decodeInterval,
  encodeHistogram,
  encodeInterval,
  slotToTally,
  tallyToSlot,
} from '../../../src/wire/interval-codec.ts';

const histogramOf = (...durationsNs: number[]): Histogram => {
  const histogram = new Histogram();
  for (const duration of durationsNs) histogram.record(duration);
  return histogram;
};

test('occupied buckets travel as deltas of their lowest value and counts', () => {
  const sparse = encodeHistogram(histogramOf(1_000, 1_000, 200_000, 5_000_000));
  // 1 µs twice; 200 µs: delta 199 = 0xc7 0x01; 5,000 µs lies in a bucket from 5,000: delta 4,800 = 0xc0 0x25.
  expect([...sparse.buckets]).toEqual([1, 2, 0xc7, 0x01, 1, 0xc0, 0x25, 1]);
  expect(sparse.sumNs).toBe(5_202_000);
  expect(sparse.maxNs).toBe(5_000_000);
});

test('an empty histogram has no bytes and comes back empty', () => {
  const sparse = encodeHistogram(new Histogram());
  expect(sparse.buckets).toHaveLength(0);
  expect(decodeHistogram(sparse).total).toBe(0);
});

test('an hour and counts beyond 32 bits survive', () => {
  const histogram = histogramOf(MAX_US * 1000, MAX_US * 5000);
  histogram.addBucket(3, 2 ** 40 + 1);
  const back = decodeHistogram(encodeHistogram(histogram));
  expect(back.equals(histogram)).toBe(true);
  expect(back.maxNs).toBe(MAX_US * 5000);
});

test('every bucket at once fits', () => {
  const histogram = new Histogram();
  for (let bucket = 0; bucket < BUCKETS; bucket++) histogram.addBucket(bucket, bucket + 1);
  const back = decodeHistogram(encodeHistogram(histogram));
  expect(back.highestBucket).toBe(BUCKETS - 1);
  expect(back.equals(histogram)).toBe(true);
});

test('a histogram cut short is refused with the place', () => {
  const sparse = create(SparseHistogramSchema, { buckets: new Uint8Array([1, 2, 0xc7]) });
  expect(() => decodeHistogram(sparse)).toThrow('histogram: found the end inside the number at byte 2');
});

test('a value above an hour is refused', () => {
  const sparse = create(SparseHistogramSchema, { buckets: new Uint8Array([0xff, 0xff, 0xff, 0xff, 0x7f, 1]) });
  expect(() => decodeHistogram(sparse)).toThrow(`expected at most ${MAX_US}`);
});

test('a slot carries every count of its tally', () => {
  const tally = new Tally(2);
  tally.outcomes[Outcome.ok] = 3;
  tally.outcomes[Outcome.unfinished] = 1;
  tally.over[1] = 2;
  tally.overLessLag[1] = 1;
  tally.started = 3;
  tally.inTime = 3;
  tally.good = 2;
  for (const duration of [1e6, 2e6, 3e6]) tally.response.record(duration);
  tally.service.record(7e6);
  tally.wait.record(8e6);
  tally.lag.record(9e3);
  const interval = create(IntervalSchema, { slots: [tallyToSlot(1, 4, tally)] });
  const slot = decodeInterval(encodeInterval(interval)).slots[0];
  if (slot === undefined) throw new Error('the slot is gone');
  expect([slot.phase, slot.slot]).toEqual([1, 4]);
  expect(slotToTally(slot, 2)).toEqual(tally);

  const twice = slotToTally(slot, 2);
  addSlotTo(twice, slot);
  expect([...twice.outcomes]).toEqual([6, 0, 0, 0, 0, 0, 2]);
  expect([...twice.over]).toEqual([0, 4]);
  expect(twice.lag.total).toBe(2);
  expect(twice.lag.sumNs).toBe(18e3);
});

test('a slot counted against other limits is refused', () => {
  const slot = tallyToSlot(0, 0, new Tally(1));
  expect(() => slotToTally(slot, 2)).toThrow('slot tally: found 1 limits, expected 2');
});
