import { expect, test } from 'vitest';
import { ServerWatch, type WatchTime } from '../../../../src/agent/runner/server-watch.ts';
import type { ModelCounts } from '../../../../src/oip/statistics.ts';
import type { Phase } from '../../../../src/scenarios/phase.ts';
import type { ServerCounts } from '../../../../src/targets/endpoint/server-counts.ts';
import { ns, seconds } from '../../../../src/time/ns.ts';
import { atOncePhase, openPhase } from '../../../support/cells.ts';
import { countsAt } from '../../../support/server-told.ts';

/** A clock that goes on when it is told to; what is planned happens then. */
class HandClock implements WatchTime {
  #now = 0n;
  #planned: { readonly at: bigint; readonly happen: () => void }[] = [];

  monotonic(): bigint {
    return this.#now;
  }

  after(ms: number, happen: () => void): () => void {
    const planned = { at: this.#now + BigInt(Math.round(ms * 1e6)), happen };
    this.#planned.push(planned);
    return () => {
      this.#planned = this.#planned.filter((other) => other !== planned);
    };
  }

  get waiting(): number {
    return this.#planned.length;
  }

  async goTo(ms: number): Promise<void> {
    const until = BigInt(ms * 1e6);
    for (;;) {
      await settled();
      const [next] = this.#planned.toSorted((a, b) => Number(a.at - b.at));
      if (next === undefined || next.at > until) break;
      if (next.at > this.#now) this.#now = next.at;
      this.#planned = this.#planned.filter((other) => other !== next);
      next.happen();
    }
    this.#now = until;
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const warmup: Phase = { ...openPhase('warm-up', 10, 1, -1), purpose: 'warmup', slots: 1 };
const phases = [warmup, openPhase('low', 10, 2), openPhase('high', 20, 2, 2)];

/** A server whose counts are told by `answer`, which may say that there are none. */
function watchOf(answer: (asked: number) => ModelCounts | Promise<ModelCounts>, of: readonly Phase[] = phases) {
  const clock = new HandClock();
  const told = { asked: 0, closed: 0 };
  const counts: ServerCounts = {
    source: 'GET /v2/models/m/stats',
    ask: async () => answer(++told.asked),
    close: () => {
      told.closed++;
    },
  };
  return { watch: new ServerWatch(counts, of, clock), clock, told };
}

test('a server is asked before the load, at the start of every phase, and until it tells the same twice after the end', async () => {
  const { watch, clock, told } = watchOf((asked) => countsAt(Math.min(asked, 5)));
  watch.arm(1_200_000_000n);
  await clock.goTo(6000);
  expect(told.asked).toBe(3);
  const ended = watch.conclude();
  await clock.goTo(7000);
  const result = await ended;
  if (result.kind !== 'read') throw new Error(result.why);
  const at = result.starts.map((reading) => reading?.askedNs);
  expect(at).toEqual([-1.2e9, 0, 2e9]);
  const counted = result.starts.map((reading) => (reading?.kind === 'read' ? reading.counts.success.count : null));
  expect(counted).toEqual([1, 2, 3]);
  expect(result.after).toMatchObject({ kind: 'read', counts: { success: { count: 5 } } });
  expect([told.asked, told.closed, clock.waiting]).toEqual([6, 1, 0]);
});

test('a server that goes on counting for others is asked for half a second after the end and no longer', async () => {
  const { watch, clock, told } = watchOf((asked) => countsAt(asked));
  watch.arm(0n);
  await clock.goTo(5000);
  const before = told.asked;
  const ended = watch.conclude();
  await clock.goTo(8000);
  expect((await ended).kind).toBe('read');
  expect(told.asked - before).toBeLessThanOrEqual(1 + 500 / 25);
});

test('an answer that fails is missing with its sentence, and the next boundary is asked all the same', async () => {
  const { watch, clock } = watchOf((asked) => {
    if (asked === 2) throw new Error('127.0.0.1:8000: no answer within 500 ms, expected one');
    return countsAt(3);
  });
  watch.arm(0n);
  await clock.goTo(5000);
  const ended = watch.conclude();
  await clock.goTo(6000);
  const told = await ended;
  expect(told.kind === 'read' ? told.starts.map((reading) => reading?.kind) : told).toEqual([
    'read',
    'missing',
    'read',
  ]);
});

test('a server that says nothing at all holds up neither the next boundary nor the end', async () => {
  const { watch, clock, told } = watchOf((asked) => (asked === 1 ? countsAt(1) : new Promise<never>(() => {})));
  watch.arm(0n);
  await clock.goTo(5000);
  const ended = watch.conclude();
  await clock.goTo(6000);
  const result = await ended;
  const why = 'GET /v2/models/m/stats: no answer within 600 ms, expected one';
  expect(result.kind === 'read' ? [result.starts[2], result.after] : result).toMatchObject([
    { kind: 'missing', askedNs: 2e9, why },
    { kind: 'missing', askedNs: 5e9, why },
  ]);
  expect([told.asked, told.closed, clock.waiting]).toEqual([4, 1, 0]);
});

test('a trial that is stopped leaves the boundaries that it did not reach unasked, and so does a phase that ends when it is done', async () => {
  const stopped = watchOf(() => countsAt(1));
  stopped.watch.arm(0n);
  await stopped.clock.goTo(1500);
  const ended = stopped.watch.conclude();
  await stopped.clock.goTo(3000);
  const told = await ended;
  expect(told.kind === 'read' ? told.starts.map((reading) => reading?.kind) : told).toEqual([
    'read',
    'read',
    undefined,
  ]);

  const offline = watchOf(() => countsAt(1), [atOncePhase(10), openPhase('later', 10, 2)]);
  offline.watch.arm(0n);
  await offline.clock.goTo(5000);
  expect(offline.told.asked).toBe(1);
});

test('instants are told on the time line of the trial', async () => {
  const { watch, clock } = watchOf(() => countsAt(1), [openPhase('only', 1, 1, 0)]);
  await clock.goTo(100);
  watch.arm(BigInt(seconds(0.3)));
  await clock.goTo(400);
  const ended = watch.conclude();
  await clock.goTo(1000);
  const told = await ended;
  expect(told.kind === 'read' ? told.starts[0]?.askedNs : told).toBe(ns(-200e6));
});
