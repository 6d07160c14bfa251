import { expect, test } from 'vitest';
import type { Objective } from '../../../../src/campaign/objective.ts';
import type { Phase } from '../../../../src/scenarios/phase.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeObjectives } from '../../../../src/verdict/judge-objective.ts';
import { trialView } from '../../../../src/verdict/trial-view.ts';
import { cellOf, latencyBelow, openPhase, rampPhase } from '../../../support/cells.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { uniformMs } from '../../../support/queue.ts';

const phase = openPhase('load', 100, 20);
const p95 = latencyBelow(0.95, 100);

/** Judges one objective on requests at even instants, `make` saying what became of each. */
function judge(objective: Objective, make: (atMs: number, i: number) => MadeRequest, on: Phase = phase) {
  const cell = cellOf([on], [objective]);
  const view = trialView(cell, evidenceOf(cell, uniformMs(on).map(make)));
  const [judged] = judgeObjectives(cell, [view], 'target/load');
  if (judged === undefined) throw new Error('nothing was judged');
  return judged;
}

const every = (n: number, slowMs: number) => (at: number, i: number) =>
  request(at, { service: i % n === 0 ? slowMs : 10 });

test('a target far below its limit passes, and says what it is blind to', () => {
  const { result, byBounds } = judge(p95, every(50, 150));
  expect(result).toMatchObject({
    objective: 'response.p95 < 100ms',
    indicator: 'response.p95',
    limit: 100,
    unit: 'ms',
    verdict: 'pass',
    over: { count: 40, of: 2000 },
    needs: null,
    reason: null,
  });
  expect(result.observed).toMatchObject({ method: 'order-statistics' });
  expect(result.observed.value).toBeCloseTo(10, 1);
  expect(result.blindToRarerThanS).toBeCloseTo(20 / 4.6, 10);
  expect(byBounds).toBe(true);
});

test('a target far above its limit fails by its bounds, and the sentence holds the figures', () => {
  const { result } = judge(p95, every(10, 150));
  expect(result).toMatchObject({ verdict: 'fail', blindToRarerThanS: null, reason: { code: 'objective-missed' } });
  expect(result.reason?.message).toContain('200 of 2000 scheduled requests (10 %) took 100 ms or longer');
});

test('a share near the limit is inconclusive and says how many more seconds it takes', () => {
  const { result } = judge(p95, every(23, 150));
  expect(result.verdict).toBe('inconclusive');
  expect(result.reason?.code).toBe('needs-more-requests');
  expect(result.needs?.seconds).toBeCloseTo((result.needs?.requests ?? 0) / 100, 6);
  expect(result.needs?.seconds).toBeGreaterThan(10);
});

test('a response of exactly the limit is over it', () => {
  expect(judge(p95, every(10, 100)).result.over?.count).toBe(200);
  expect(judge({ ...p95, comparison: '<=' }, every(10, 100)).result.over?.count).toBe(0);
});

test('failed, shed and unfinished requests are over every limit, and figure and verdict agree', () => {
  const lost = [Outcome.timeout, Outcome.shed, Outcome.unfinished, Outcome.targetError];
  const { result } = judge(p95, (at, i) =>
    i % 10 === 0 ? request(at, {}, { outcome: lost[(i / 10) % 4] ?? Outcome.shed }) : request(at),
  );
  expect(result).toMatchObject({
    verdict: 'fail',
    over: { count: 200, of: 2000 },
    observed: { value: null, reason: 'censored' },
  });
});

test('service stands on the started requests, those not ok counting as over', () => {
  const service = latencyBelow(0.95, 100, 'service');
  const { result } = judge(service, (at, i) => {
    if (i % 4 === 0) return request(at, {}, { outcome: Outcome.shed, wasStarted: false });
    return i % 4 === 1 && i % 100 === 1 ? request(at, {}, { outcome: Outcome.targetError }) : request(at);
  });
  expect(result.over).toEqual({ count: 20, of: 1500 });
});

test('a wait objective counts waiting alone', () => {
  const waits = latencyBelow(0.95, 100, 'wait');
  const { result } = judge(waits, (at, i) => request(at, { service: 500, wait: i % 50 === 0 ? 120 : 0 }));
  expect(result).toMatchObject({ verdict: 'pass', over: { count: 40, of: 2000 } });
});

test('a stall of 3 s in 20 s is a gross breach of a P95 below 100 ms', () => {
  const steady = openPhase('steady', 200, 20);
  const { result } = judge(
    p95,
    (at) => request(at, { wait: at >= 10_000 && at < 13_000 ? 13_000 - at : 0, service: 0 }),
    steady,
  );
  expect(result).toMatchObject({ verdict: 'fail', over: { count: 581, of: 4000 }, reason: { code: 'gross-breach' } });
  expect(result.observed.value).toBeCloseTo(2000, -1);
});

test('a shorter outage is one event: what no bounds could prove is inconclusive', () => {
  const { result } = judge(p95, (at) => request(at, { wait: at >= 10_000 && at < 11_500 ? 11_500 - at : 0 }));
  expect(result).toMatchObject({ verdict: 'inconclusive', over: { count: 141, of: 2000 } });
});

test('a ramp is judged by its observed share, a fact of the run', () => {
  const ramp = rampPhase('ramp', 20, 180, 20);
  const judgeRamp = (over: number) => {
    const cell = cellOf([ramp], [p95]);
    const requests = Array.from({ length: 2000 }, (_, i) => request(i * 10, { service: i < over ? 150 : 10 }));
    return judgeObjectives(cell, [trialView(cell, evidenceOf(cell, requests))], 'x')[0];
  };
  expect(judgeRamp(100)).toMatchObject({
    byBounds: false,
    result: { verdict: 'pass', observed: { method: 'observed' } },
  });
  expect(judgeRamp(101)?.result).toMatchObject({ verdict: 'fail', reason: { code: 'objective-missed' } });
});

test('the second counter judges what is left without the lag of the harness', () => {
  const { decision, lessLag } = judge(p95, (at, i) => request(at, { lag: i % 5 === 0 ? 95 : 0, service: 10 }));
  expect(decision).toBe('fail');
  expect(lessLag).toBe('pass');
});

test('several trials are pooled, each with its own effective size', () => {
  const cell = cellOf([phase], [p95]);
  const view = (slow: number) => trialView(cell, evidenceOf(cell, uniformMs(phase).map(every(slow, 150))));
  const [pooled] = judgeObjectives(cell, [view(40), view(20)], 'x');
  expect(pooled?.result).toMatchObject({ over: { count: 150, of: 4000 }, verdict: 'pass' });
  expect(pooled?.result.blindToRarerThanS).toBeCloseTo(40 / 4.6, 10);
});

test('a trial without any request says that there was nothing to judge', () => {
  const cell = cellOf([phase], [p95]);
  const [judged] = judgeObjectives(cell, [trialView(cell, evidenceOf(cell, []))], 'x');
  expect(judged?.result).toMatchObject({ verdict: 'inconclusive', observed: { value: null } });
});
