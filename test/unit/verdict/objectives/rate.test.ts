import { expect, test } from 'vitest';
import type { Objective } from '../../../../src/campaign/objective.ts';
import type { Cell } from '../../../../src/campaign/plan.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { atLeast, atOncePhase, cellOf, closedPhase, latencyBelow, openPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { served, uniformMs } from '../../../support/queue.ts';

function judge(cell: Cell, requests: readonly MadeRequest[]) {
  const [judged] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, requests))], 'x');
  if (judged === undefined) throw new Error('nothing was judged');
  return judged;
}

const load = openPhase('load', 120, 20);
const loadCell = (objective: Objective) => cellOf([load], [objective, latencyBelow(0.95, 100)]);

test('on a schedule the ok requests in time are counted, without bounds', () => {
  const { result, byBounds } = judge(
    loadCell(atLeast('throughput', 120)),
    uniformMs(load).map((at) => request(at)),
  );
  expect(result).toMatchObject({ verdict: 'pass', unit: '/s', limit: 120, over: null });
  expect(result.observed).toEqual({ value: 120, low: null, high: null, method: 'observed' });
  expect(byBounds).toBe(false);
});

test('one request short of the target fails', () => {
  const requests = uniformMs(load).map((at, i) =>
    request(at, {}, { outcome: i === 7 ? Outcome.rejected : Outcome.ok }),
  );
  expect(judge(loadCell(atLeast('throughput', 120)), requests).result.verdict).toBe('fail');
  expect(judge(loadCell(atLeast('throughput', 119.95)), requests).result.verdict).toBe('pass');
});

test('an overloaded target does not pass by answering in its drain', () => {
  const requests = served(uniformMs(load), () => 10);
  expect(requests.every(({ outcome }) => outcome === Outcome.ok)).toBe(true);
  const { result } = judge(loadCell(atLeast('throughput', 110)), requests);
  expect(result.verdict).toBe('fail');
  expect(result.observed.value).toBeCloseTo(100, -1);
});

test('goodput counts the ok requests within every response limit', () => {
  const requests = uniformMs(load).map((at, i) => request(at, { service: i % 4 === 0 ? 100 : 10 }));
  expect(judge(loadCell(atLeast('goodput', 90)), requests).result).toMatchObject({
    verdict: 'pass',
    observed: { value: 90 },
  });
  expect(judge(loadCell(atLeast('goodput', 91)), requests).result.verdict).toBe('fail');
});

test('samples are requests times batch', () => {
  const cell = { ...loadCell(atLeast('samples', 960)), values: { batch: 8, workers: 1 } };
  const { result } = judge(
    cell,
    uniformMs(load).map((at) => request(at)),
  );
  expect(result).toMatchObject({ verdict: 'pass', observed: { value: 960 } });
});

/** A closed loop with one in flight: each request begins where the last one ended. */
function loop(serviceMs: (atMs: number) => number): MadeRequest[] {
  const requests: MadeRequest[] = [];
  for (let at = 0; at < 20_000; ) {
    const service = serviceMs(at);
    requests.push(request(at, { service }));
    at += service;
  }
  return requests;
}

test('on a closed loop the rate is the mean of its blocks with a bound', () => {
  const steady = loop((at) => 9.5 + (Math.floor(at / 1000) % 2));
  const cell = (rate: number) => cellOf([closedPhase('closed', 1, 20)], [atLeast('throughput', rate)]);
  const { result, byBounds } = judge(cell(95), steady);
  expect(result).toMatchObject({ verdict: 'pass', observed: { method: 'batch-means', confidence: 0.99 } });
  expect(result.observed.value).toBeCloseTo(100, 0);
  expect(byBounds).toBe(true);
  expect(judge(cell(105), steady).result.verdict).toBe('fail');
});

test('a closed loop near its target is inconclusive, with the time it takes', () => {
  const { result } = judge(
    cellOf([closedPhase('closed', 1, 20)], [atLeast('throughput', 98)]),
    loop((at) => (Math.floor(at / 5000) % 2 === 0 ? 8 : 13)),
  );
  expect(result.verdict).toBe('inconclusive');
  expect(result.observed.low).toBeLessThan(98);
  expect(result.needs?.seconds).toBeGreaterThan(0);
});

test('offline throughput is a fact: ok requests from start to last completion', () => {
  const cell = cellOf([atOncePhase(1000)], [atLeast('throughput', 100)]);
  const requests = served(
    Array.from({ length: 1000 }, () => 0),
    () => 10,
  );
  const { result, byBounds } = judge(cell, requests);
  expect(result).toMatchObject({ verdict: 'pass', observed: { value: 100, method: 'observed' } });
  expect(byBounds).toBe(false);
});
