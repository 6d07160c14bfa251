import { expect, test } from 'vitest';
import { Fold, type FoldSpec } from '../../../../src/agent/runner/fold.ts';
import { emptyRecord, type RequestRecord } from '../../../../src/agent/runner/record-ring.ts';
import type { SealedInterval } from '../../../../src/agent/runner/sealed-interval.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { closedLoad, openLoad, phase } from '../../../support/trial-spec.ts';

const S = 1e9;
const MS = 1e6;

const foldOf = (changes: Partial<FoldSpec> = {}): Fold =>
  new Fold({
    phases: [phase('warmup', -1, 1, openLoad(10, 1)), phase('load', 0, 20, openLoad(10, 20))],
    limits: [{ metric: 'response', limitNs: 100 * MS }],
    overdue: [],
    graceNs: 100 * MS,
    timeoutNs: 5 * S,
    workers: 2,
    ...changes,
  });

/** A request of phase 1 by its four instants in milliseconds. */
const request = (
  [intended, ready, start, completed]: readonly [number, number, number, number],
  changes: Partial<RequestRecord> = {},
): RequestRecord => ({
  ...emptyRecord(),
  phase: 1,
  intendedNs: intended * MS,
  readyNs: ready * MS,
  startNs: start * MS,
  completedNs: completed * MS,
  ...changes,
});

const events = (interval: SealedInterval, of: number) => interval.phases.find((each) => each.phase === of);
const unstarted = { startNs: Number.NaN } as const;

test('the first interval begins with the warm-up and every one lasts a second', () => {
  const fold = foldOf();
  expect(fold.seal()).toMatchObject({ seq: 0, startNs: -S, endNs: 0, slots: [], phases: [], closing: null });
  expect(fold.seal()).toMatchObject({ seq: 1, startNs: 0, endNs: S });
  expect(fold.close(1.25 * S, null, [0, 0])).toMatchObject({ seq: 2, startNs: S, endNs: 1.25 * S });
});

test('offered, started, achieved and failed count in the second in which they happen', () => {
  const fold = foldOf();
  fold.seal();
  fold.offer(1, 900 * MS);
  fold.settle(0, request([900, 900, 1100, 2200]));
  fold.offer(1, 1900 * MS);
  fold.settle(1, request([1900, 1900, 1900, 2100], { outcome: Outcome.targetError }));
  expect(events(fold.seal(), 1)).toEqual({ phase: 1, offered: 1, started: 0, achieved: 0, failed: 0 });
  expect(events(fold.seal(), 1)).toEqual({ phase: 1, offered: 1, started: 2, achieved: 0, failed: 0 });
  expect(events(fold.seal(), 1)).toEqual({ phase: 1, offered: 0, started: 0, achieved: 1, failed: 1 });
});

test('a start counts in its own second although its request is still running when that is sealed', () => {
  const fold = foldOf();
  fold.seal();
  fold.offer(1, 500 * MS);
  fold.running(0, 1, 500 * MS, 500 * MS);
  expect(events(fold.seal(), 1)).toMatchObject({ offered: 1, started: 1, achieved: 0 });
  fold.running(0, 1, 500 * MS, 500 * MS);
  expect(events(fold.seal(), 1)).toBeUndefined();
  fold.settle(0, request([500, 500, 500, 2500]));
  expect(events(fold.seal(), 1)).toMatchObject({ offered: 0, started: 0, achieved: 1 });
});

test('what becomes known late counts in the first interval that is not sealed', () => {
  const fold = foldOf();
  fold.seal();
  fold.offer(1, 100 * MS);
  const sealed = fold.seal();
  fold.settle(0, request([100, 100, 100, 200]));
  expect(sealed).toMatchObject({ inFlight: 1, inFlightS: 0.9, settledS: 0, slots: [] });
  const next = fold.seal();
  expect(next.slots.map(({ phase: p, slot, tally }) => [p, slot, tally.ok])).toEqual([[1, 0, 1]]);
  expect(events(next, 1)).toEqual({ phase: 1, offered: 0, started: 1, achieved: 1, failed: 0 });
  expect(sealed.inFlightS + next.inFlightS).toBeCloseTo(next.settledS, 12);
});

test('a tally belongs to the slot of the intended start, however late the completion', () => {
  const fold = foldOf();
  fold.seal();
  fold.settle(0, request([0, 0, 0, 50]));
  fold.settle(0, request([999, 999, 999, 3500]));
  fold.settle(0, request([1000, 3500, 3500, 3600]));
  const seen = [fold.seal(), fold.seal(), fold.seal(), fold.seal()].map(({ slots }) =>
    slots.map(({ phase: p, slot, tally }) => [p, slot, tally.ok]),
  );
  expect(seen).toEqual([
    [[1, 0, 1]],
    [],
    [],
    [
      [1, 0, 1],
      [1, 1, 1],
    ],
  ]);
});

test('wait, lag and service come to the response, and only ok requests stand in those histograms', () => {
  const fold = foldOf();
  fold.settle(0, request([-900, -890, -885, -800], { phase: 0 }));
  fold.settle(0, request([-700, -700, -699, -600], { phase: 0, outcome: Outcome.rejected }));
  fold.settle(0, request([-500, -500, 0, -400], { phase: 0, outcome: Outcome.shed, ...unstarted }));
  const { tally } = fold.seal().slots[0] ?? {};
  expect([tally?.wait.sumNs, tally?.service.sumNs, tally?.response.sumNs]).toEqual([10 * MS, 85 * MS, 100 * MS]);
  expect(tally?.response.total).toBe(1);
  expect([tally?.lag.total, tally?.lag.sumNs]).toEqual([2, 6 * MS]);
  expect(tally?.started).toBe(2);
  expect(Array.from(tally?.outcomes ?? [])).toEqual([1, 0, 1, 0, 0, 1, 0]);
});

test('at the limit counts as over, and over without the lag is counted apart', () => {
  const limits = [
    { metric: 'response', limitNs: 100 * MS },
    { metric: 'service', limitNs: 50 * MS },
    { metric: 'wait', limitNs: 20 * MS },
  ] as const;
  const fold = foldOf({ limits, workers: 3 });
  fold.seal();
  fold.settle(0, request([0, 0, 0, 100]));
  fold.settle(1, request([0, 0, 1, 100]));
  fold.settle(2, request([0, 20, 20, 69]));
  const { tally } = fold.seal().slots[0] ?? {};
  expect(Array.from(tally?.over ?? [])).toEqual([2, 2, 1]);
  expect(Array.from(tally?.overLessLag ?? [])).toEqual([1, 0, 0]);
  expect(tally?.good).toBe(1);
});

test('events count in the second in which they come, their gaps against the limits on gaps', () => {
  const limits = [
    { metric: 'response', limitNs: 100 * MS },
    { metric: 'betweenEvents', limitNs: 50 * MS },
  ] as const;
  const fold = foldOf({ limits });
  fold.seal();
  const event = (sinceMs: number, atMs: number) =>
    fold.event(request([900, sinceMs, Number.NaN, atMs], { isEvent: true }));
  event(Number.NaN, 950);
  event(950, 990);
  event(990, 1040);
  fold.settle(0, request([900, 900, 910, 1050], { outcome: Outcome.targetError }));
  const [first] = fold.seal().slots;
  expect([first?.slot, first?.tally.settled, first?.tally.stream?.events]).toEqual([0, 0, 2]);
  expect([first?.tally.stream?.betweenEvents.sumNs, ...(first?.tally.over ?? [])]).toEqual([40 * MS, 0, 0]);
  const [second] = fold.seal().slots;
  // Its request was intended in the first slot, where it stands; it failed, and has no first event that counts.
  expect([second?.slot, second?.tally.settled, second?.tally.stream?.events]).toEqual([0, 1, 1]);
  expect([second?.tally.stream?.firstEvent.total, ...(second?.tally.over ?? [])]).toEqual([0, 0, 1]);
});

test('a first event counts from the intended start and from the start, and over without the lag apart', () => {
  const limits = [
    { metric: 'firstEvent', limitNs: 100 * MS },
    { metric: 'firstEventService', limitNs: 60 * MS },
  ] as const;
  const fold = foldOf({ limits, workers: 3 });
  fold.seal();
  // Waited 20, started late by 30, first event 50 after the start; what follows it is nobody's concern here.
  fold.settle(0, request([0, 20, 50, 700], { firstEventNs: 50 * MS }));
  // The same 100 ms; the harness owes a part of neither service time.
  fold.settle(1, request([0, 20, 20, 900], { firstEventNs: 80 * MS }));
  const { tally } = fold.seal().slots[0] ?? {};
  expect(tally?.stream?.firstEvent.sumNs).toBe(200 * MS);
  expect(tally?.stream?.firstEventService.sumNs).toBe(130 * MS);
  expect([...(tally?.over ?? [])]).toEqual([2, 1]);
  expect([...(tally?.overLessLag ?? [])]).toEqual([0, 0]);
  fold.settle(2, request([1000, 1000, 1000, 1900], { firstEventNs: 100 * MS }));
  fold.settle(0, request([1000, 1000, 1001, 1900], { firstEventNs: 99 * MS }));
  const next = fold.seal().slots[0]?.tally;
  expect([next?.over[0], next?.overLessLag[0]]).toEqual([2, 1]);
});

test('a late start is charged with the waits that it causes, until the queue behind it is gone', () => {
  const fold = foldOf({ limits: [{ metric: 'response', limitNs: 50 * MS }] });
  fold.seal();
  // The place stood free from 0; the harness began at 60. Punctual, the three would have taken 10, 10 and 10 ms.
  fold.settle(0, request([0, 0, 60, 70]));
  fold.settle(0, request([10, 70, 70, 80]));
  fold.settle(0, request([20, 80, 80, 90]));
  // A slow target's own queue is the target's: 60 ms of service, then a wait of 55 ms.
  fold.settle(0, request([200, 200, 200, 260]));
  fold.settle(0, request([205, 260, 260, 270]));
  const { tally } = fold.seal().slots[0] ?? {};
  expect(tally?.over[0]).toBe(5);
  expect(tally?.overLessLag[0]).toBe(2);
});

test('in time is until the grace after the end of the phase', () => {
  const fold = foldOf({ phases: [phase('load', 0, 1, openLoad(10, 1))], limits: [] });
  for (const completed of [1100, 1100.001]) fold.settle(0, request([950, 950, 950, completed], { phase: 0 }));
  fold.seal();
  const { tally } = fold.seal().slots[0] ?? {};
  expect([tally?.ok, tally?.inTime, tally?.good]).toEqual([2, 1, 1]);
});

test('the integral of requests in flight equals the sum of response times once all are settled', () => {
  const fold = foldOf();
  const spans = Array.from({ length: 200 }, (_, i) => [i * 13, i * 13 + ((i * 7919) % 2600)] as const);
  for (const [from] of spans) fold.offer(1, from * MS);
  for (const [from, to] of spans) fold.settle(0, request([from, from, from, to]));
  const sealed = Array.from({ length: 7 }, () => fold.seal());
  const total = (of: 'inFlightS' | 'settledS') => sealed.reduce((sum, each) => sum + each[of], 0);
  expect(total('settledS')).toBeGreaterThan(200);
  expect(total('inFlightS')).toBeCloseTo(total('settledS'), 9);
  expect(sealed.at(-1)?.inFlight).toBe(0);
  expect(sealed[1]?.inFlight).toBe(spans.filter(([from, to]) => from < 1000 && to >= 1000).length);
});

test('arrivals of a closed phase are known from its requests, each once', () => {
  const fold = foldOf({ phases: [phase('closed', 0, 20, closedLoad(1, 0))] });
  fold.running(0, 0, 900 * MS, 900 * MS);
  expect(events(fold.seal(), 0)).toMatchObject({ offered: 1, started: 1 });
  fold.settle(0, request([900, 900, 900, 1300], { phase: 0 }));
  fold.settle(0, request([1300, 1300, 1300, 1400], { phase: 0 }));
  const next = fold.seal();
  expect(events(next, 0)).toMatchObject({ offered: 1, started: 1, achieved: 2 });
  expect(next.inFlight).toBe(0);
});

test('failures are counted by kind and phase, the commonest first, with the instant of the first', () => {
  const fold = foldOf();
  fold.seal();
  fold.kinds.define(1, 1, { class: 'rejected', code: '429', message: 'slow down' });
  fold.settle(0, request([0, 0, 0, 30], { outcome: Outcome.timeout }));
  fold.settle(1, request([0, 0, 0, 20], { outcome: Outcome.rejected, failure: 1 }));
  fold.settle(1, request([0, 0, 0, 10], { outcome: Outcome.rejected, failure: 1 }));
  expect(fold.seal().failures).toEqual([
    { class: 'rejected', code: '429', message: 'slow down', phase: 1, count: 2, firstNs: 10 * MS },
    {
      class: 'timeout',
      code: 'timeout',
      message: 'no answer within the timeout',
      phase: 1,
      count: 1,
      firstNs: 30 * MS,
    },
  ]);
  expect(fold.seal().failures).toEqual([]);
});

test('the ten slowest started requests of measure phases are told, slowest first', () => {
  const fold = foldOf();
  fold.settle(0, request([-900, -900, -900, -100], { phase: 0, seq: 99 }));
  fold.seal();
  const order = [3, 11, 0, 7, 5, 1, 10, 2, 9, 4, 8, 6];
  for (const seq of order) fold.settle(0, request([0, seq, seq + 1, 2 * seq + 2], { seq, sample: seq + 100 }));
  fold.settle(0, request([0, 0, 0, 900], { seq: 98, outcome: Outcome.shed, ...unstarted }));
  const { slowest } = fold.seal();
  expect(slowest.map(({ seq }) => seq)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
  expect(slowest[0]).toEqual({
    seq: 11,
    sample: 111,
    phase: 1,
    intendedNs: 0,
    waitNs: 11 * MS,
    lagNs: MS,
    serviceNs: 12 * MS,
  });
});

test('a request that timed out unstarted blames the harness only when its place was free well before', () => {
  const fold = foldOf();
  fold.settle(0, request([0, 4999.5, 0, 5001], { outcome: Outcome.timeout, ...unstarted }));
  fold.settle(0, request([10, 100, 0, 6000], { outcome: Outcome.timeout, ...unstarted }));
  fold.leaveUnstarted(0);
  expect(fold.close(1, 7 * S, [3, 4]).closing).toEqual({
    stoppedNs: 7 * S,
    cancelled: [3, 4],
    lastSettledNs: 6 * S,
    beganLateNs: null,
    notStartedThoughFree: [1, 1],
  });
});

test('how late the trial began is how late its first request was started, whatever settled first', () => {
  const fold = foldOf();
  fold.settle(0, request([20, 20, 21, 25]));
  fold.settle(1, request([0, 0, 7, 900]));
  fold.settle(0, request([30, 30, 30.5, 40]));
  expect(fold.close(1 * S, null, [0, 0]).closing?.beganLateNs).toBe(7 * MS);
});

test('a recycled interval leaves nothing behind in the next one', () => {
  const fold = foldOf();
  fold.settle(0, request([-900, -900, -900, -800], { phase: 0 }));
  const sealed = fold.seal();
  const before = sealed.slots[0]?.tally;
  fold.recycle(sealed);
  fold.settle(0, request([100, 100, 100, 103]));
  const next = fold.seal().slots[0]?.tally;
  expect(next).toBe(before);
  expect([next?.settled, next?.response.total, next?.response.maxNs]).toEqual([1, 1, 3 * MS]);
});
