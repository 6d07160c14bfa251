import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Batching, BatchQueue, type Waiting } from '../../../src/endpoint/batch-queue.ts';
import { milliseconds, type Ns, ns } from '../../../src/time/ns.ts';

interface One extends Waiting {
  readonly id: number;
}

const LIMITS = { requests: 100, bytes: 1000 };
const one = (id: number, over: Partial<One> = {}): One => ({
  id,
  samples: 1,
  key: '',
  bytes: 1,
  queuedAt: ns(id),
  deadline: null,
  ...over,
});
const upTo = (max: number, delay = milliseconds(2), preferred: readonly number[] = []): Batching => ({
  max,
  delayNs: delay,
  preferred,
});
const ids = (next: ReturnType<BatchQueue<One>['next']>): readonly number[] | Ns | null =>
  next.kind === 'run' ? next.members.map(({ id }) => id) : next.until;

function filled(batching: Batching | null, ...all: readonly One[]): BatchQueue<One> {
  const queue = new BatchQueue<One>(LIMITS, batching);
  for (const each of all) expect(queue.offer(each)).toBe('queued');
  return queue;
}

test('without batching every request is a run of its own, first come first served', () => {
  const queue = filled(null, one(1), one(2));
  expect([ids(queue.next(ns(5))), ids(queue.next(ns(5))), ids(queue.next(ns(5)))]).toEqual([[1], [2], null]);
});

test('a batch that is full runs at once, and one that is not waits for its oldest request', () => {
  const queue = filled(upTo(3), one(1), one(2), one(3), one(4));
  expect(ids(queue.next(ns(5)))).toEqual([1, 2, 3]);
  expect(ids(queue.next(ns(5)))).toBe(2_000_004);
  expect(ids(queue.next(ns(2_000_003)))).toBe(2_000_004);
  expect(ids(queue.next(ns(2_000_004)))).toEqual([4]);
});

test('without a delay a batch is what waits when a place is free', () => {
  expect(ids(filled(upTo(8, ns(0)), one(1), one(2)).next(ns(2)))).toEqual([1, 2]);
});

test('a preferred size is not kept waiting, and the largest that can be made is taken', () => {
  const preferred = upTo(8, milliseconds(2), [2, 4]);
  expect(ids(filled(preferred, one(1)).next(ns(5)))).toBe(2_000_001);
  expect(ids(filled(preferred, one(1), one(2), one(3)).next(ns(5)))).toEqual([1, 2]);
  expect(ids(filled(preferred, one(1), one(2), one(3), one(4), one(5)).next(ns(5)))).toEqual([1, 2, 3, 4]);
});

test('a request that does not fit any more makes the batch before it due', () => {
  const queue = filled(upTo(4), one(1, { samples: 3 }), one(2, { samples: 2 }));
  expect([ids(queue.next(ns(5))), ids(queue.next(ns(5)))]).toEqual([[1], 2_000_002]);
});

test('requests of different shapes never share a run, and the oldest due one comes first', () => {
  const queue = filled(
    upTo(2),
    one(1, { key: 'a' }),
    one(2, { key: 'b' }),
    one(3, { key: 'b' }),
    one(4, { key: 'a' }),
    one(5, { key: 'c' }),
  );
  expect([ids(queue.next(ns(9))), ids(queue.next(ns(9))), ids(queue.next(ns(9)))]).toEqual([[1, 4], [2, 3], 2_000_005]);
});

test('a full queue takes nothing more, by number and by bytes, but one request alone always finds room', () => {
  const queue = new BatchQueue<One>({ requests: 2, bytes: 10 }, null);
  expect(queue.offer(one(1, { bytes: 50 }))).toBe('queued');
  expect(queue.offer(one(2))).toBe('full');
  queue.next(ns(9));
  expect([1, 2, 3].map((id) => queue.offer(one(id, { bytes: 5 })))).toEqual(['queued', 'queued', 'full']);
  expect([queue.requests, queue.bytes]).toEqual([2, 10]);
});

test('what has no time left is taken out, at its instant and not before', () => {
  const queue = filled(null, one(1), one(2, { deadline: ns(20) }), one(3, { deadline: ns(10) }));
  expect(queue.earliestDeadline).toBe(10);
  expect(queue.expire(ns(9))).toEqual([]);
  expect(queue.expire(ns(10)).map(({ id }) => id)).toEqual([3]);
  expect(queue.earliestDeadline).toBe(20);
  expect(queue.expire(ns(99)).map(({ id }) => id)).toEqual([2]);
  expect([queue.earliestDeadline, queue.requests]).toEqual([null, 1]);
});

/** A queue, and what is known to be inside it. */
class Watched {
  readonly queue: BatchQueue<One>;
  readonly inside = new Map<number, One>();
  readonly #most: number;

  constructor(batching: Batching | null) {
    this.queue = new BatchQueue<One>({ requests: 10, bytes: 12 }, batching);
    this.#most = batching?.max ?? 1;
  }

  offer(request: One): void {
    if (this.queue.offer(request) === 'queued') this.inside.set(request.id, request);
  }

  next(now: Ns): void {
    const next = this.queue.next(now);
    if (next.kind === 'wait') return;
    this.leave(next.members);
    expect(new Set(next.members.map(({ key }) => key)).size).toBe(1);
    const samples = next.members.reduce((sum, member) => sum + member.samples, 0);
    expect(samples).toBeLessThanOrEqual(Math.max(this.#most, next.members[0]?.samples ?? 0));
  }

  remove(id: number): void {
    const request = this.inside.get(id);
    if (request !== undefined && this.queue.remove(request)) this.leave([request]);
  }

  leave(gone: readonly One[]): void {
    for (const { id } of gone) expect(this.inside.delete(id)).toBe(true);
  }
}

interface Step {
  readonly kind: 'offer' | 'next' | 'remove' | 'expire';
  readonly samples: number;
  readonly key: string;
  readonly which: number;
}

function act(watched: Watched, id: number, { kind, samples, key, which }: Step): void {
  if (kind === 'offer') watched.offer(one(id, { samples, key, deadline: id % 3 === 0 ? ns(id + 5) : null }));
  if (kind === 'next') watched.next(ns(id));
  if (kind === 'remove') watched.remove(which);
  if (kind === 'expire') watched.leave(watched.queue.expire(ns(id)));
}

test('whatever comes and goes, every request leaves exactly once, and no run is too large or mixed', () => {
  const step = fc.record({
    kind: fc.constantFrom<Step['kind']>('offer', 'next', 'remove', 'expire'),
    samples: fc.integer({ min: 1, max: 4 }),
    key: fc.constantFrom('a', 'b'),
    which: fc.nat(30),
  });
  const batchings = fc.constantFrom(null, upTo(4), upTo(4, ns(3), [2]));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), batchings, (steps, batching) => {
      const watched = new Watched(batching);
      for (const [id, each] of steps.entries()) {
        act(watched, id, each);
        expect(watched.queue.requests).toBe(watched.inside.size);
      }
      watched.leave(watched.queue.clear());
      expect([watched.inside.size, watched.queue.requests, watched.queue.bytes]).toEqual([0, 0, 0]);
    }),
    { seed: 1, numRuns: 400 },
  );
});
