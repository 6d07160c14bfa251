import { expect, test } from 'vitest';
import { Overdue } from '../../../../src/agent/runner/overdue.ts';
import { emptyRecord } from '../../../../src/agent/runner/record-ring.ts';
import type { LatencyLimit } from '../../../../src/stats/tally.ts';

const MS = 1e6;
const limit = (metric: LatencyLimit['metric'], limitMs: number): LatencyLimit => ({ metric, limitNs: limitMs * MS });
const response = limit('response', 100);

const counting = (limits: readonly LatencyLimit[] = [response], workers = 1) => new Overdue(limits, workers, 0);

/** A request by its intended start, start and completion in milliseconds. */
const record = (intended: number, start: number, completed: number) => ({
  ...emptyRecord(),
  intendedNs: intended * MS,
  readyNs: start * MS,
  startNs: start * MS,
  completedNs: completed * MS,
});

test('a request is overdue at the end of a second from when it is as old as the limit until it settles', () => {
  const overdue = counting();
  overdue.arrive(900 * MS);
  overdue.arrive(901 * MS);
  expect(overdue.seal().overdue).toEqual([1]);
  expect(overdue.seal().overdue).toEqual([2]);
  overdue.settle(record(900, 900, 2100), true);
  overdue.settle(record(901, 2100, 3000), true);
  expect(overdue.seal().overdue).toEqual([1]);
  expect(overdue.seal().overdue).toEqual([0]);
});

test('a request that settles before it comes of age never counts', () => {
  const overdue = counting([limit('response', 1500)]);
  overdue.arrive(900 * MS);
  overdue.settle(record(900, 900, 950), true);
  for (let second = 0; second < 4; second++) expect(overdue.seal().overdue).toEqual([0]);
});

test('an arrival and its completion that become known late leave nothing behind', () => {
  const overdue = counting();
  for (let second = 0; second < 3; second++) overdue.seal();
  overdue.arrive(500 * MS);
  expect(overdue.seal().overdue).toEqual([1]);
  overdue.settle(record(500, 500, 700), true);
  expect(overdue.seal().overdue).toEqual([0]);
});

test('a request of a warm-up is not counted, but keeps its place busy', () => {
  const overdue = counting([response], 1);
  overdue.arrive(0);
  overdue.running(-500 * MS, -400 * MS, false);
  expect(overdue.seal()).toEqual({ overdue: [1], lessLag: [1] });
  overdue.settle(record(-500, -400, 2500), false);
  expect(overdue.seal()).toEqual({ overdue: [1], lessLag: [1] });
  expect(overdue.seal()).toEqual({ overdue: [1], lessLag: [0] });
});

test('what waits although a place is free is the harness’s own', () => {
  const overdue = counting([response], 2);
  for (let at = 0; at < 10; at++) overdue.arrive(at * MS);
  overdue.running(0, 0, true);
  expect(overdue.seal()).toEqual({ overdue: [10], lessLag: [1] });
  overdue.running(0, 0, true);
  overdue.running(1 * MS, 1500 * MS, true);
  expect(overdue.seal()).toEqual({ overdue: [10], lessLag: [10] });
});

test('a place that was taken in one second and given back in a later one was busy in between', () => {
  const overdue = counting([response], 1);
  for (let at = 0; at < 10; at++) overdue.arrive(at * MS);
  overdue.settle(record(0, 500, 2500), true);
  expect(overdue.seal()).toEqual({ overdue: [10], lessLag: [10] });
  expect(overdue.seal()).toEqual({ overdue: [10], lessLag: [10] });
  expect(overdue.seal()).toEqual({ overdue: [9], lessLag: [0] });
});

test('as wait, a request counts only when it has waited so long', () => {
  const overdue = counting([limit('wait', 300)]);
  overdue.arrive(100 * MS);
  overdue.arrive(200 * MS);
  overdue.arrive(300 * MS);
  overdue.running(100 * MS, 150 * MS, true);
  expect(overdue.seal().overdue).toEqual([2]);
  overdue.settle(record(100, 150, 1200), true);
  overdue.running(200 * MS, 1200 * MS, true);
  expect(overdue.seal().overdue).toEqual([2]);
  overdue.settle(record(200, 1200, 2100), true);
  overdue.settle(record(300, 2100, 2200), true);
  expect(overdue.seal().overdue).toEqual([0]);
});

test('as service, a request counts from when it has run so long', () => {
  const overdue = counting([limit('service', 300)]);
  overdue.arrive(0);
  overdue.arrive(0);
  overdue.running(0, 800 * MS, true);
  expect(overdue.seal().overdue).toEqual([0]);
  overdue.settle(record(0, 800, 2100), true);
  expect(overdue.seal().overdue).toEqual([1]);
  expect(overdue.seal().overdue).toEqual([0]);
});

test('a request that was never started leaves when it is given up', () => {
  const overdue = counting([response, limit('wait', 100)]);
  overdue.arrive(0);
  expect(overdue.seal().overdue).toEqual([1, 1]);
  overdue.settle({ ...record(0, 0, 1500), startNs: Number.NaN }, true);
  expect(overdue.seal().overdue).toEqual([0, 0]);
});
