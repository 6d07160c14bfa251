// Seconds that an agent merged: whoever adds up intervals gets the same of them as of the seconds one by one.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeJournalRecord } from '../../src/coordinator/events.ts';
import { SealedSeconds } from '../../src/coordinator/sealed-seconds.ts';
import { TrialMerge } from '../../src/coordinator/trial-merge.ts';
import { seconds } from '../../src/time/ns.ts';
import type { SecondEvidence } from '../../src/verdict/evidence.ts';
import { latencyLimits } from '../../src/verdict/limits.ts';
import type { Interval } from '../../src/wire/gen/loadcell/v1/fleet_pb.ts';
import { decodeInterval, encodeInterval } from '../../src/wire/interval-codec.ts';
import { follows, lengthOf, mergeEncoded, mergeIntervals, partOf } from '../../src/wire/interval-merge.ts';
import { sampleCell, sampleJournal } from '../support/run-journal.ts';

const LIMITS = latencyLimits(sampleCell.objectives).length;

const intervals: readonly Interval[] = sampleJournal().flatMap((record) => {
  const entry = decodeJournalRecord(record);
  return entry.kind === 'interval' ? [decodeInterval(entry.stored.interval)] : [];
});
const ofAgent = (agent: number): readonly Interval[] => intervals.filter((interval) => interval.agent === agent);

/** Merges wherever `joints` says so of the seam after an interval. */
function coarser(all: readonly Interval[], joints: readonly boolean[]): readonly Interval[] {
  const merged: Interval[] = [];
  for (const [at, interval] of all.entries()) {
    const before = merged.at(-1);
    if (before !== undefined && joints[at] === true) merged[merged.length - 1] = mergeIntervals(before, interval);
    else merged.push(interval);
  }
  return merged;
}

function sumsOf(all: readonly Interval[]) {
  const merge = new TrialMerge(sampleCell, LIMITS);
  for (const interval of all) merge.add(decodeInterval(encodeInterval(interval)));
  return merge.sums(seconds(20));
}

const total = (rows: readonly SecondEvidence[], field: 'offered' | 'started' | 'achieved' | 'failed'): number =>
  rows.reduce((sum, row) => sum + row[field], 0);

const joints = fc.array(fc.boolean(), { minLength: 30, maxLength: 30 });

test('sums, histograms and accounts of any merging are those of the seconds', () => {
  const plain = sumsOf(intervals);
  fc.assert(
    fc.property(joints, joints, (first, second) => {
      const found = sumsOf([...coarser(ofAgent(0), first), ...coarser(ofAgent(1), second)]);
      expect(found.slots).toEqual(plain.slots);
      expect(found.failures).toEqual(plain.failures);
      for (const [agent, sums] of found.agents.entries()) {
        const { coarseSeconds, inFlightS, settledS, pacingCpuS, ...exact } = sums;
        expect(exact).toEqual({ ...plain.agents[agent], coarseSeconds: undefined, ...undefinedSums });
        expect(inFlightS).toBeCloseTo(plain.agents[agent]?.inFlightS ?? 0, 9);
        expect(settledS).toBeCloseTo(plain.agents[agent]?.settledS ?? 0, 9);
        expect(pacingCpuS).toBeCloseTo(plain.agents[agent]?.pacingCpuS ?? 0, 9);
      }
      expect(found.seconds).toHaveLength(plain.seconds.length);
      for (const field of ['offered', 'started', 'achieved', 'failed'] as const) {
        expect(total(found.seconds, field)).toBe(total(plain.seconds, field));
      }
    }),
    { numRuns: 30 },
  );
});

/** Added up in another order: equal but for their last digits. */
const undefinedSums = { inFlightS: undefined, settledS: undefined, pacingCpuS: undefined };

test('the seconds of a merged stretch are marked, share its counts evenly, and are counted by agent', () => {
  const [first, second, third, fourth, ...rest] = ofAgent(0) as [Interval, Interval, Interval, Interval];
  const merged = mergeIntervals(mergeIntervals(second, third), fourth);
  const { seconds: rows, agents } = sumsOf([first, merged, ...rest, ...ofAgent(1)]);
  expect(rows.slice(0, 6).map(({ coarse }) => coarse)).toEqual([undefined, true, true, true, undefined, undefined]);
  expect(agents.map(({ coarseSeconds }) => coarseSeconds)).toEqual([3, 0]);
  const plain = sumsOf(intervals).seconds;
  const stretch = [1, 2, 3];
  const offered = (of: readonly SecondEvidence[]): number =>
    stretch.reduce((sum, at) => sum + (of[at]?.offered ?? 0), 0);
  expect(offered(rows)).toBe(offered(plain));
  expect(plain.map(({ p95 }) => p95)).toEqual(rows.map(({ p95 }) => p95));
});

test('what is judged second by second counts merged seconds in the last of them, once', () => {
  const [first, second, third, ...rest] = ofAgent(0) as [Interval, Interval, Interval];
  const [otherFirst, otherSecond, ...otherRest] = ofAgent(1) as [Interval, Interval];
  const sealing = new SealedSeconds(sampleCell);
  const told = [first, otherFirst, otherSecond, ...otherRest].flatMap((interval) => sealing.add(interval));
  expect(told).toHaveLength(1);
  const merged = mergeIntervals(second, third);
  const whole = [merged, merged, ...rest].flatMap((interval) => sealing.add(interval));
  const plain = new SealedSeconds(sampleCell);
  const expected = intervals.flatMap((interval) => plain.add(interval)).map(({ answered }) => answered);
  const found = [...told, ...whole].map(({ answered }) => answered);
  const answeredBy = ({ slots }: Interval): number =>
    slots.flatMap(({ outcomes }) => outcomes).reduce((sum, count) => sum + count, 0);
  expect(found).toHaveLength(expected.length);
  expect(found[1]).toBe(answeredBy(otherSecond));
  expect(found.reduce((sum, count) => sum + count, 0)).toBe(expected.reduce((sum, count) => sum + count, 0));
});

test('a count that is shared out over seconds adds up to itself, and no two of them differ by more than one', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 100 }), (count, length) => {
      const parts = Array.from({ length }, (_, index) => partOf(count, index, length));
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(count);
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the node of a merged stretch: what was counted adds up, shares are means, the most is kept', () => {
  const [first, second] = ofAgent(0) as [Interval, Interval];
  const host = (steal: number, throttledUs: bigint, rssBytes: bigint) =>
    first.host === undefined ? {} : { host: { ...first.host, steal, throttledUs, rssBytes } };
  const both = mergeIntervals({ ...first, ...host(0.1, 5n, 7n) }, { ...second, ...host(0.4, 6n, 3n) });
  const all = mergeIntervals(both, { ...(ofAgent(0)[2] as Interval), ...host(0.1, 0n, 1n) });
  expect(all.host).toMatchObject({ throttledUs: 11n, rssBytes: 7n });
  expect(all.host?.steal).toBeCloseTo(0.2, 12);
});

test('only what follows is merged, and no more than a message holds', () => {
  const [first, second, third] = ofAgent(0) as [Interval, Interval, Interval];
  const bytes = (interval: Interval): Uint8Array => encodeInterval(interval);
  expect(follows(first, second)).toBe(true);
  expect(mergeEncoded(bytes(first), bytes(third))).toBeNull();
  expect(mergeEncoded(bytes({ ...first, last: true }), bytes(second))).toBeNull();
  expect(mergeEncoded(bytes(first), bytes({ ...second, attempt: 2 }))).toBeNull();
  const merged = mergeEncoded(bytes(first), bytes(second));
  expect(merged === null ? 0 : lengthOf(decodeInterval(merged))).toBe(2);
  const huge = { ...first, failures: [{ ...failure, message: 'x'.repeat(200_000) }] };
  expect(mergeEncoded(bytes(huge), bytes(second))).toBeNull();
});

const failure = {
  $typeName: 'loadcell.v1.Failure' as const,
  phase: 1,
  class: 'target-error',
  code: 'a',
  message: '',
  count: 1,
  firstNs: 0n,
};
