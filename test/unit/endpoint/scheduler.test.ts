import { expect, test } from 'vitest';
import type { Batching } from '../../../src/endpoint/batch-queue.ts';
import { Refusal } from '../../../src/endpoint/refusal.ts';
import type { Inputs } from '../../../src/endpoint/run-assembly.ts';
import { type Places, type RunEnd, Scheduler, type Submission } from '../../../src/endpoint/scheduler.ts';
import { ServingRecord } from '../../../src/endpoint/serving-record.ts';
import { milliseconds, type Ns, ns, toMilliseconds } from '../../../src/time/ns.ts';
import { VirtualTime } from '../../support/virtual-time.ts';

const RUN_NS = milliseconds(10);

/** Whether a run fails, and where not by its requests' fault, by what else's. */
type Fails = (members: readonly Inputs[]) => boolean | 'batching';

const blameOf = (fails: boolean | 'batching'): 'request' | 'batching' =>
  fails === 'batching' ? 'batching' : 'request';

/** Places on a virtual clock: every run takes 10 ms; `fails` says which members a run fails with. */
class VirtualPlaces implements Places {
  readonly count: number;
  readonly runs: { readonly at: number; readonly samples: readonly number[] }[] = [];
  idle: number;
  readonly #time: VirtualTime;
  readonly #fails: Fails;

  constructor(time: VirtualTime, count: number, fails: Fails) {
    this.#time = time;
    this.count = count;
    this.idle = count;
    this.#fails = fails;
  }

  start(runs: readonly (readonly Inputs[])[], ended: (ends: readonly RunEnd[]) => void): void {
    this.idle--;
    for (const members of runs) {
      this.runs.push({ at: toMilliseconds(this.#time.now()), samples: members.map(({ samples }) => samples) });
    }
    this.#time.after(RUN_NS * runs.length, () => {
      this.idle++;
      ended(
        runs.map(
          (members): RunEnd =>
            this.#fails(members) !== false
              ? { ok: false, blame: blameOf(this.#fails(members)), message: 'odd input' }
              : { ok: true, outputs: members.map(() => []), compute: { inputNs: 0, inferNs: RUN_NS, outputNs: 0 } },
        ),
      );
    });
  }
}

interface Played {
  readonly time: VirtualTime;
  readonly places: VirtualPlaces;
  readonly scheduler: Scheduler;
  readonly record: ServingRecord;
  readonly unbatched: string[];
  readonly ends: Map<string, { readonly atMs: number; readonly how: string }>;
  submit(name: string, atMs: number, over?: Partial<Submission>): { withdraw: () => void };
}

function played(batching: Batching | null, count = 1, fails: Fails = () => false, requests = 4): Played {
  const time = new VirtualTime();
  const places = new VirtualPlaces(time, count, fails);
  const record = new ServingRecord([]);
  const unbatched: string[] = [];
  const scheduler = new Scheduler({
    clock: time,
    wall: { nowMs: () => 0 },
    after: (delayNs, happen) => {
      let isOff = false;
      time.after(delayNs, () => {
        if (!isOff) happen();
      });
      return () => {
        isOff = true;
      };
    },
    soon: (happen) => time.after(0, happen),
    places,
    record,
    limits: { requests, bytes: 1000 },
    batching,
    unbatched: (why) => void unbatched.push(why),
  });
  const ends: Played['ends'] = new Map();
  const submit: Played['submit'] = (name, atMs, over = {}) => {
    let withdraw = (): void => {};
    time.after(milliseconds(atMs), () => {
      const arrivedAt: Ns = time.now();
      withdraw = scheduler.submit(
        { inputs: [], samples: 1, key: '', bytes: 1, arrivedAt, deadline: null, ...over },
        (end) => {
          expect(ends.has(name)).toBe(false);
          ends.set(name, { atMs: toMilliseconds(time.now()), how: end instanceof Refusal ? end.code : 'ok' });
        },
      );
    });
    return { withdraw: () => withdraw() };
  };
  return { time, places, scheduler, record, unbatched, ends, submit };
}

const toTheEnd = ({ time }: Played): void => time.run(() => false);
const batches = (max: number, delayMs: number): Batching => ({ max, delayNs: milliseconds(delayMs), preferred: [] });

test('requests run as they come on as many places as there are, and the others wait their turn', () => {
  const play = played(null, 2);
  for (const name of ['a', 'b', 'c']) play.submit(name, 0);
  toTheEnd(play);
  expect(Object.fromEntries(play.ends)).toEqual({
    a: { atMs: 10, how: 'ok' },
    b: { atMs: 10, how: 'ok' },
    c: { atMs: 20, how: 'ok' },
  });
  const { queue, success, computeInfer, executionCount } = play.record.statistics('m', '1');
  expect([queue, success, computeInfer, executionCount]).toEqual([
    { count: 3, ns: 10e6 },
    { count: 3, ns: 40e6 },
    { count: 3, ns: 30e6 },
    3,
  ]);
});

test('a batch waits for its delay and no longer, and its requests are counted one by one', () => {
  const play = played(batches(4, 5));
  play.submit('a', 0);
  play.submit('b', 3);
  play.submit('c', 20);
  for (const name of ['d', 'e', 'f']) play.submit(name, 21);
  toTheEnd(play);
  expect(play.places.runs).toEqual([
    { at: 5, samples: [1, 1] },
    { at: 21, samples: [1, 1, 1, 1] },
  ]);
  const { inferenceCount, executionCount, batches: sizes } = play.record.statistics('m', '1');
  expect([inferenceCount, executionCount, sizes.map(({ size, computeInfer }) => [size, computeInfer.count])]).toEqual([
    6,
    2,
    [
      [2, 1],
      [4, 1],
    ],
  ]);
});

test('a full queue refuses, and says how long it takes at its pace', () => {
  const play = played(null);
  for (let i = 0; i < 6; i++) play.submit(`r${i}`, i === 0 ? 0 : 1);
  toTheEnd(play);
  expect([...play.ends].filter(([, { how }]) => how === 'full')).toEqual([['r5', { atMs: 1, how: 'full' }]]);
  expect(play.places.runs).toHaveLength(5);
});

test('a request whose time runs out while it waits is told then, and never reaches the model', () => {
  const play = played(null);
  play.submit('a', 0);
  play.submit('late', 0, { deadline: milliseconds(4) });
  play.submit('patient', 0, { deadline: milliseconds(11) });
  toTheEnd(play);
  expect(play.ends.get('late')).toEqual({ atMs: 4, how: 'deadline' });
  expect(play.ends.get('patient')).toEqual({ atMs: 20, how: 'ok' });
  expect(play.places.runs).toHaveLength(2);
});

test('a deadline that is over on arrival is refused even where a place is free', () => {
  const play = played(null);
  play.submit('late', 5, { deadline: milliseconds(5) });
  toTheEnd(play);
  expect([play.ends.get('late')?.how, play.places.runs.length]).toEqual(['deadline', 0]);
});

test('a withdrawn request never reaches the model; one that is in it is let run', () => {
  const play = played(null);
  const first = play.submit('a', 0);
  const second = play.submit('b', 0);
  play.time.after(milliseconds(2), () => {
    first.withdraw();
    second.withdraw();
  });
  toTheEnd(play);
  expect([play.ends.get('a')?.how, play.ends.get('b')?.how, play.places.runs.length]).toEqual(['ok', 'cancelled', 1]);
});

test('the requests of a batch that fails are run again one by one, so that only the odd one is refused', () => {
  const isOdd = (members: readonly Inputs[]): boolean => members.some(({ samples }) => samples === 2);
  const play = played(batches(8, 0), 1, isOdd, 10);
  play.submit('first', 0);
  for (const [name, samples] of [
    ['a', 1],
    ['odd', 2],
    ['b', 1],
  ] as const) {
    play.submit(name, 1, { samples });
  }
  toTheEnd(play);
  expect(Object.fromEntries([...play.ends].map(([name, { how }]) => [name, how]))).toEqual({
    first: 'ok',
    a: 'ok',
    odd: 'invalid',
    b: 'ok',
  });
});

test('after a batch whose outputs cannot be told apart every request is run alone, and that is said once', () => {
  const play = played(batches(8, 5), 1, (members) => (members.length > 1 ? 'batching' : false), 10);
  for (const name of ['a', 'b']) play.submit(name, 0);
  for (const name of ['c', 'd', 'e']) play.submit(name, 1);
  for (const name of ['f', 'g']) play.submit(name, 200);
  toTheEnd(play);
  expect([...play.ends.values()].map(({ how }) => how)).toEqual(Array(7).fill('ok'));
  expect(play.places.runs.map(({ samples }) => samples.length)).toEqual([5, 1, 1, 1, 1, 1, 1, 1]);
  expect(play.unbatched).toEqual(['odd input']);
});

test('a request of a failed batch whose time is over meanwhile is not run again, nor one that was withdrawn', () => {
  const play = played(batches(8, 0), 1, (members) => members.length > 1, 10);
  play.submit('first', 0);
  play.submit('a', 1);
  play.submit('late', 1, { deadline: milliseconds(29) });
  const left = play.submit('left', 1);
  play.time.after(milliseconds(25), () => left.withdraw());
  toTheEnd(play);
  expect(Object.fromEntries([...play.ends].map(([name, { how }]) => [name, how]))).toEqual({
    first: 'ok',
    a: 'ok',
    late: 'deadline',
    left: 'cancelled',
  });
  expect(play.places.runs.map(({ samples }) => samples.length)).toEqual([1, 3, 1]);
});

test('a client that leaves because its time is over counts as out of time', () => {
  const play = played(null);
  play.submit('a', 0);
  const late = play.submit('late', 0, { deadline: milliseconds(5) });
  play.time.after(milliseconds(4.5), () => late.withdraw());
  toTheEnd(play);
  expect(play.ends.get('late')?.how).toBe('deadline');
});

test('draining waits for what waits and for what runs, and abandoning refuses only what waits', async () => {
  const play = played(null);
  for (const name of ['a', 'b', 'c']) play.submit(name, 0);
  play.time.after(milliseconds(5), () => play.scheduler.abandon(new Refusal('draining', 'it ends')));
  let isDrained = false;
  play.time.run(() => play.time.now() >= milliseconds(1) || play.ends.size > 0);
  const drained = play.scheduler.drained().then(() => {
    isDrained = true;
  });
  await Promise.resolve();
  expect(isDrained).toBe(false);
  toTheEnd(play);
  await drained;
  expect(Object.fromEntries([...play.ends].map(([name, { how }]) => [name, how]))).toEqual({
    a: 'ok',
    b: 'draining',
    c: 'draining',
  });
});

test('short runs are handed over together, long ones one by one', () => {
  const play = played(null, 1, () => false, 100);
  for (let i = 0; i < 4; i++) play.submit(`r${i}`, 0);
  toTheEnd(play);
  expect(play.places.runs.map(({ at }) => at)).toEqual([0, 10, 20, 30]);
  expect(ns(RUN_NS)).toBeGreaterThan(200_000);
});
