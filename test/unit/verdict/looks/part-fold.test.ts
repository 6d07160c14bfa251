import { expect, test } from 'vitest';
import { Tally } from '../../../../src/stats/tally.ts';
import { seconds } from '../../../../src/time/ns.ts';
import { PartFold } from '../../../../src/verdict/looks/part-fold.ts';
import { atLeast, cellOf, errorsBelow, latencyBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const phase = { ...openPhase('load', 100, 20), slots: 80 };
const cell = cellOf([phase], [latencyBelow(0.95, 100)]);

function fold(make: (atMs: number, i: number) => MadeRequest, untilS: number, of = cell, atLeastSlots = 0) {
  const part = new PartFold(of, 0, seconds(untilS), atLeastSlots);
  for (const [slot, tally] of (evidenceOf(of, uniformMs(phase).map(make)).slots[0] ?? []).entries())
    part.add(slot, tally);
  return part;
}

test('a part is what was intended before its end, in 20 blocks of its own', () => {
  const part = fold((at) => request(at), 10);
  expect(part.settled).toBe(1000);
  const { durationS, whole, blocks, complete, steady } = part.view();
  expect({ durationS, settled: whole.settled, complete, steady }).toEqual({
    durationS: 10,
    settled: 1000,
    complete: false,
    steady: null,
  });
  expect(blocks?.map(({ settled }) => settled)).toEqual(Array(20).fill(50));
});

test('blocks differ by one slot where the part is no multiple of them, and the slot that its end cuts is in', () => {
  const { blocks, whole } = fold((at) => request(at), 11.3).view();
  // 46 slots of 250 ms.
  expect(whole.settled).toBe(1150);
  expect(new Set(blocks?.map(({ settled }) => settled))).toEqual(new Set([50, 75]));
});

test('slots that requests fell into belong to it even beyond its end: agents do not stop in the same instant', () => {
  expect(fold((at) => request(at), 10, cell, 41).settled).toBe(1025);
});

test('in time is what completed by the grace after its end, told by the end of its slot', () => {
  // Every response takes 600 ms, g is 100 ms: late are those intended after 9.5 s; told by slots, from 9.25 s on.
  const { whole } = fold((at) => request(at, { service: 600 }), 10).view();
  expect(whole.inTime).toBe(925);
  expect(fold((at) => request(at, { service: 90 }), 10).view().whole.inTime).toBe(1000);
  expect(fold((at) => request(at, { service: 600 }), 20).view().whole.inTime).toBe(1925);
});

test('good is what met the response limits; without any, what is in time', () => {
  const slow = (at: number, i: number) => request(at, { service: i % 2 === 0 ? 600 : 10 });
  expect(fold(slow, 10).view().whole.good).toBe(500);
  const free = cellOf([phase], [errorsBelow(0.05), atLeast('goodput', 90)]);
  // g is one second.
  const { whole } = fold((at) => request(at, { service: 2000 }), 10, free).view();
  expect(whole).toMatchObject({ inTime: 875, good: 875 });
});

test('slots in pieces and in any order come to the same', () => {
  const requests = uniformMs(phase).map((at, i) => request(at, { service: 5 + ((i * 37) % 300) }));
  const pieces = [0, 1, 2].map(
    (part) =>
      evidenceOf(
        cell,
        requests.filter((_, i) => i % 3 === part),
      ).slots[0] ?? [],
  );
  const whole = fold((at, i) => requests[i] ?? request(at), 10).view();
  const part = new PartFold(cell, 0, seconds(10));
  for (let slot = 79; slot >= 0; slot--) for (const piece of pieces) part.add(slot, piece[slot] ?? new Tally(1));
  const found = part.view();
  expect(found.whole.inTime).toBe(whole.whole.inTime);
  expect(found.blocks?.map(({ over }) => [...over])).toEqual(whole.blocks?.map(({ over }) => [...over]));
  expect(found.whole.response.equals(whole.whole.response)).toBe(true);
});
