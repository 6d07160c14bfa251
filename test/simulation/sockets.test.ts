import { expect, test } from 'vitest';
import { Outcome } from '../../src/stats/outcome.ts';
import { closedLoad, openLoad, phase } from '../support/trial-spec.ts';
import { responseQuantileMs, serveVirtually } from '../support/virtual-sockets.ts';

const MS = 1e6;
const S = 1e9;

/** Whoever meets the stall is answered when it is over. */
const stall = (atNs: number, forNs: number) => (_: number, startNs: number) => ({
  afterNs: (startNs >= atNs && startNs < atNs + forNs ? atNs + forNs - startNs : 0) + 0.01 * MS,
});

test.each([1, 2, 64, 1024])(
  'a server that stalls is charged for every request it delayed, over %d places',
  async (places) => {
    const phases = [phase('load', 0, 20, openLoad(200, 20))];
    const served = await serveVirtually({ phases, places, answer: stall(8 * S, 3 * S) });
    expect(served.records).toHaveLength(4000);
    expect(served.mostInFlight).toBeLessThanOrEqual(places);
    const [p90, p95, p99] = [0.9, 0.95, 0.99].map((quantile) => responseQuantileMs(served, quantile));

    for (const [observed, analytic] of [
      [p90, 1000],
      [p95, 2000],
      [p99, 2800],
    ] as const) {
      expect(observed).toBeGreaterThan(0.99 * analytic);
      expect(observed).toBeLessThan(1.01 * analytic);
    }
  },
);

test('requests wait while no place is free, and lag while the harness is late', async () => {
  const phases = [phase('load', 0, 1, openLoad(100, 1))];
  const waiting = await serveVirtually({ phases, places: 1, answer: () => ({ afterNs: 25 * MS }) });
  const second = waiting.records[1];
  expect((second?.readyNs ?? 0) - (second?.intendedNs ?? 0)).toBeCloseTo(15 * MS, -3);
  expect((second?.startNs ?? 0) - (second?.readyNs ?? 0)).toBe(0);
  const late = await serveVirtually({ phases, places: 8, answer: () => ({ afterNs: MS }), lateNs: 2 * MS });
  for (const { intendedNs, readyNs, startNs } of late.records.slice(1)) {
    expect(readyNs).toBe(intendedNs);
    expect(startNs - readyNs).toBe(2 * MS);
  }
});

test('a lost answer holds nothing up: it is given up when its time is over, counted from its intended start', async () => {
  const phases = [phase('load', 0, 2, openLoad(100, 2))];
  const served = await serveVirtually({
    phases,
    places: 2,
    timeoutNs: 300 * MS,
    answer: (index) => ({ afterNs: index === 5 ? 'never' : MS }),
  });
  const lost = served.records.filter(({ outcome }) => outcome === Outcome.timeout);
  expect(lost.map(({ seq }) => seq)).toEqual([5]);
  expect((lost[0]?.completedNs ?? 0) - (lost[0]?.intendedNs ?? 0)).toBe(300 * MS);
  expect(served.cancelled).toBe(1);
  const others = served.records.filter(({ seq }) => seq !== 5);
  expect(others).toHaveLength(199);
  expect(Math.max(...others.map(({ startNs, intendedNs }) => startNs - intendedNs))).toBe(0);
});

test('each of several lost answers is given up at its own time', async () => {
  const phases = [phase('load', 0, 1, openLoad(100, 1))];
  const lost = [3, 4, 10, 40];
  const served = await serveVirtually({
    phases,
    places: 8,
    timeoutNs: 250 * MS,
    answer: (index) => ({ afterNs: lost.includes(index) ? 'never' : MS }),
  });
  const timedOut = served.records.filter(({ outcome }) => outcome === Outcome.timeout);
  expect(timedOut.map(({ seq }) => seq)).toEqual(lost);
  expect(timedOut.map(({ completedNs, intendedNs }) => completedNs - intendedNs)).toEqual(lost.map(() => 250 * MS));
});

test('requests that waited past their time are not started, and a backlog sheds its oldest', async () => {
  const phases = [phase('load', 0, 1, openLoad(100, 1))];
  const answer = () => ({ afterNs: 200 * MS });
  const timedOut = await serveVirtually({ phases, places: 1, answer, timeoutNs: 300 * MS, lateNs: 400 * MS });
  expect(timedOut.records).toHaveLength(100);
  const unstarted = timedOut.records.filter(({ startNs }) => Number.isNaN(startNs));
  expect(unstarted.length).toBeGreaterThan(5);
  expect(unstarted.every(({ outcome }) => outcome === Outcome.timeout)).toBe(true);
  for (const { startNs, intendedNs } of timedOut.records) expect(startNs - intendedNs >= 300 * MS).toBe(false);
  expect(unstarted.every(({ intendedNs, completedNs }) => completedNs - intendedNs >= 300 * MS)).toBe(true);
  const shedding = await serveVirtually({ phases, places: 1, answer, backlog: 3 });
  const outcomes = shedding.records.map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === Outcome.ok).length).toBe(9);
  expect(outcomes.filter((outcome) => outcome === Outcome.shed).length).toBe(91);
});

test('a closed phase keeps its requests in flight, each a thinking time after the one before it', async () => {
  const phases = [phase('closed', 0, 1, closedLoad(4, 10))];
  const served = await serveVirtually({ phases, places: 6, answer: () => ({ afterNs: 15 * MS }) });
  expect(served.mostInFlight).toBe(4);
  // A cycle of 25 ms: 40 requests of each of 4 places.
  expect(served.records).toHaveLength(160);
  const seqs = served.records.map(({ seq }) => seq).toSorted((a, b) => a - b);
  expect(seqs).toEqual(Array.from({ length: 160 }, (_, i) => i));
  for (const { intendedNs, startNs, readyNs } of served.records)
    expect([startNs, readyNs]).toEqual([intendedNs, intendedNs]);
});

test('places go from a closed phase into an open one and into another closed one', async () => {
  const phases = [
    phase('warm', -1, 1, closedLoad(2, 0)),
    phase('open', 0, 1, openLoad(50, 1)),
    phase('closed', 1, 1, closedLoad(3, 5)),
  ];
  const served = await serveVirtually({ phases, places: 3, answer: () => ({ afterNs: 20 * MS }) });
  const count = (index: number) => served.records.filter(({ phase: of }) => of === index).length;
  expect([count(0), count(1), count(2)]).toEqual([100, 50, 120]);
});

test('all that is due at once is sent as places become free', async () => {
  const phases = [{ ...phase('offline', 0, 0, { kind: 'atOnce', count: 100 }), slots: 1 }];
  const served = await serveVirtually({ phases, places: 8, answer: () => ({ afterNs: 10 * MS }), timeoutNs: 50 * MS });
  expect(served.records.filter(({ outcome }) => outcome === Outcome.ok)).toHaveLength(100);
  expect(served.mostInFlight).toBe(8);
  expect(served.endedNs).toBe(13 * 10 * MS);
});

test('a bundle is one request of several inferences on consecutive samples; the first that fails ends it', async () => {
  const phases = [phase('bundles', 0, 0.1, closedLoad(1, 0))];
  const served = await serveVirtually({
    phases,
    places: 1,
    infers: 3,
    answer: (index) => ({ afterNs: 10 * MS, ...(index === 4 ? { outcome: Outcome.targetError, code: 'broken' } : {}) }),
  });
  const [first = Number.NaN] = served.samples;
  expect(served.samples.slice(0, 3)).toEqual([first, first + 1, first + 2]);
  expect(served.records.map(({ outcome }) => outcome)).toEqual([
    Outcome.ok,
    Outcome.targetError,
    Outcome.ok,
    Outcome.ok,
  ]);
  expect(served.told).toEqual(['broken: as told']);
  expect((served.records[0]?.completedNs ?? 0) - (served.records[0]?.startNs ?? 0)).toBe(30 * MS);
});

test('events are told in their order with the request they belong to, a first one from its intended start', async () => {
  const phases = [phase('load', 0, 0.1, openLoad(100, 0.1))];
  const eventsNs = [5 * MS, 9 * MS, 9 * MS, 18 * MS];
  const { records } = await serveVirtually({ phases, places: 1, answer: () => ({ afterNs: 20 * MS, eventsNs }) });
  const settled = records.filter(({ isEvent }) => !isEvent);
  expect(settled).toHaveLength(10);
  // One place and 20 ms each: request i starts at 20 i, was intended at 10 i.
  for (const [i, { intendedNs, startNs, firstEventNs }] of settled.entries())
    expect([startNs - intendedNs, firstEventNs]).toEqual([i * 10 * MS, 5 * MS]);
  const gaps = records.filter(({ isEvent }) => isEvent).map((event) => event.completedNs - event.readyNs);
  expect(gaps).toEqual(Array.from({ length: 10 }, () => [Number.NaN, 4 * MS, 0, 9 * MS]).flat());
  const owners = records.filter(({ isEvent }) => isEvent).map(({ intendedNs }) => intendedNs);
  expect(owners).toEqual(settled.flatMap(({ intendedNs }) => [0, 0, 0, 0].map(() => intendedNs)));
});

test('the events of a request that is given up are told as far as they came', async () => {
  const phases = [phase('load', 0, 0.02, openLoad(50, 0.02))];
  const eventsNs = [5 * MS, 25 * MS, 45 * MS];
  const served = await serveVirtually({
    phases,
    places: 1,
    timeoutNs: 30 * MS,
    answer: () => ({ afterNs: 50 * MS, eventsNs }),
  });
  expect(served.records.map(({ isEvent, outcome, completedNs }) => [isEvent || outcome, completedNs])).toEqual([
    [true, 5 * MS],
    [true, 25 * MS],
    [Outcome.timeout, 30 * MS],
  ]);
});

test('nothing starts at or after a stop, and what is in flight is waited for', async () => {
  const phases = [phase('load', 0, 2, openLoad(100, 2))];
  const served = await serveVirtually({ phases, places: 4, answer: () => ({ afterNs: 30 * MS }), stopNs: 0.5 * S });
  expect(served.records).toHaveLength(50);
  expect(Math.max(...served.records.map(({ startNs }) => startNs))).toBeLessThan(0.5 * S);
  const closed = [phase('closed', 0, 2, closedLoad(2, 100))];
  const stopped = await serveVirtually({
    phases: closed,
    places: 2,
    answer: () => ({ afterNs: 50 * MS }),
    stopNs: 0.4 * S,
  });
  expect(stopped.records).toHaveLength(6);
});
