import { expect, test } from 'vitest';
import { withLook } from '../../../../src/campaign/early-stop.ts';
import { NS_PER_S, ns } from '../../../../src/time/ns.ts';
import { LiveWatch, mayEndEarly } from '../../../../src/verdict/live-stop.ts';
import type { SealedSecond } from '../../../../src/verdict/window/sealed-second.ts';
import { cellOf, latencyBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const plain = cellOf([openPhase('load', 100, 20)], [latencyBelow(0.95, 100)]);
const cell = withLook(plain, [{ index: 1, scheduleDigest: null, scheduled: 2000, beforeLook: 1000 }]);
const phase = cell.phases[0] ?? openPhase('load', 100, 20);

/** The seconds of a trial as they are sealed: by completion, each with the slots that it touches. */
function secondsOf(make: (atMs: number, i: number) => MadeRequest, count = 22): readonly SealedSecond[] {
  const requests = uniformMs(phase).map(make);
  return Array.from({ length: count }, (_, second) => {
    const [startNs, endNs] = [second * NS_PER_S, (second + 1) * NS_PER_S];
    const settled = requests.filter(({ completedNs }) => completedNs >= startNs && completedNs < endNs);
    const slots = (evidenceOf(cell, settled).slots[0] ?? []).flatMap((tally, slot) =>
      tally.isEmpty ? [] : [{ phase: 0, slot, tally }],
    );
    return {
      startNs: ns(startNs),
      endNs: ns(endNs),
      phases: [],
      slots,
      answered: settled.length,
      overdue: [],
      overdueLessLag: [],
    };
  });
}

/** The second with whose end a trial is told to stop, and why; null: it runs to its end. */
function stopOf(make: (atMs: number, i: number) => MadeRequest, of = cell) {
  const watch = new LiveWatch(of, 1);
  for (const second of secondsOf(make)) {
    const stop = watch.add(second);
    if (stop !== null) return { atS: second.endNs / NS_PER_S, ...stop };
  }
  return null;
}

test('a trial far below its limit is told to stop once half of it is settled', () => {
  expect(mayEndEarly(cell)).toBe(true);
  expect(mayEndEarly(plain)).toBe(false);
  expect(stopOf((at) => request(at, { service: 2 }))).toEqual({
    atS: 10,
    cause: 'sure',
    why: 'every objective is decided at look 1 of 2, by 1000 requests of its first 10 s: pass',
  });
  expect(stopOf((at, i) => request(at, { service: i % 8 === 0 ? 150 : 10 }))).toMatchObject({
    atS: 11,
    why: expect.stringMatching(/: fail$/),
  });
});

test('a look waits for everything that was intended before it, and looks once', () => {
  const slowest = (at: number, i: number) => request(at, { service: i === 999 ? 3200 : 2 });
  expect(stopOf(slowest)?.atS).toBe(14);
  expect(stopOf((at, i) => request(at, { service: i % 32 === 0 ? 150 : 2 }))).toBeNull();
  // Far too many over half-way, none after: looked at again, the share would be near the limit.
  expect(stopOf((at, i) => request(at, { service: i % 16 === 0 ? 150 : 2 }))).toBeNull();
});

test('without a known number of arrivals there is no look', () => {
  expect(
    stopOf((at) => request(at), { ...cell, trials: [{ index: 1, scheduleDigest: null, scheduled: null }] }),
  ).toBeNull();
});
