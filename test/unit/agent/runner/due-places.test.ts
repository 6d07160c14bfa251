import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueHeap } from '../../../../src/agent/runner/due-heap.ts';
import { FreePlaces } from '../../../../src/agent/runner/free-places.ts';

test('places come in the order in which they are due, however they were put in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 40 }), fc.nat(20), (instants, taken) => {
      const heap = new DueHeap(instants.length);
      instants.forEach((at, place) => void heap.push(place, at));
      const first = Array.from({ length: Math.min(taken, instants.length) }, () => heap.pop());
      // What was taken may be put back with another instant.
      for (const place of first) heap.push(place, (instants[place] ?? 0) + 25);
      const due = new Map(instants.map((at, place) => [place, first.includes(place) ? at + 25 : at]));
      const order: number[] = [];
      while (heap.size > 0) {
        expect(heap.earliestNs).toBe(Math.min(...due.values()));
        const place = heap.pop();
        order.push(due.get(place) ?? Number.NaN);
        due.delete(place);
      }
      expect(order).toEqual(order.toSorted((a, b) => a - b));
      expect(order).toHaveLength(instants.length);
      expect(heap.earliestNs).toBe(Number.POSITIVE_INFINITY);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('the place that is free for longest is next, and one that is put back has been free all along', () => {
  const free = new FreePlaces(3);
  expect([free.take(), free.take(), free.next, free.count]).toEqual([0, 1, 2, 1]);
  free.add(0);
  expect([free.take(), free.take(), free.count]).toEqual([2, 0, 0]);
  free.add(1);
  free.add(2);
  expect(free.take()).toBe(1);
  free.putBack(1);
  expect([free.take(), free.take(), free.count]).toEqual([1, 2, 0]);
});
