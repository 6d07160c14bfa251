import { expect, test } from 'vitest';
import { Outcome } from '../../../src/stats/outcome.ts';
import { milliseconds, ns, seconds } from '../../../src/time/ns.ts';
import { judgeTrial } from '../../../src/verdict/judge-trial.ts';
import { atOncePhase, cellOf, errorsBelow, latencyBelow, openPhase, withTrials } from '../../support/cells.ts';
import { evidenceOf, type MadeRequest, request, withAgents } from '../../support/evidence.ts';
import { poissonMs, served, uniformMs } from '../../support/queue.ts';

const warmup = { ...openPhase('warmup', 100, 2, -2), purpose: 'warmup' as const, slots: 1 };
const load = openPhase('load', 200, 20);
const cell = { ...cellOf([warmup, load], [latencyBelow(0.95, 100), errorsBelow(0.05)]), agents: 2 };
const names = (agent: number): string => `node-${agent}`;

const requests: MadeRequest[] = [
  ...uniformMs(warmup).map((at) => request(at, { service: 900 })),
  ...uniformMs(load).map((at, i) =>
    request(
      at,
      { service: 10, wait: i % 10 },
      { phase: 1, agent: i % 2, outcome: i % 100 === 0 ? Outcome.targetError : Outcome.ok },
    ),
  ),
];
const evidence = evidenceOf(cell, requests);

test('accounting, rates and latency cover the measure phases only', () => {
  const trial = judgeTrial(cell, evidence, names);
  expect(trial.accounting).toEqual({
    scheduled: 4000,
    ok: 3960,
    failed: { timeout: 0, rejected: 0, 'target-error': 40, 'wrong-output': 0 },
    shed: 0,
    unfinished: 0,
    cancelled: 0,
  });
  expect(trial.rates).toEqual({ offered: 200, started: 200, achieved: 198, goodput: 198, samples: 198 });
  expect(trial.latency.response.p90.value).toBeLessThan(30);
  expect(trial.verdict.kind).toBe('pass');
});

test('response stands on all scheduled requests with failures at infinity, the ok ones have their own figures', () => {
  const { latency } = judgeTrial(cell, evidence, names);
  expect(latency.response).toMatchObject({
    count: 4000,
    p99: { value: expect.any(Number) },
    max: { reason: 'censored' },
  });
  expect(latency.response['p99.9']).toMatchObject({ value: null, reason: 'censored' });
  expect(latency.responseOk).toMatchObject({ count: 3960, max: { value: 19, method: 'observed' } });
  expect(latency.responseOk.p50).toMatchObject({ method: 'order-statistics', confidence: 0.95 });
  expect(latency.service.count).toBe(4000);
  expect(latency.lag.p99).toMatchObject({ method: 'observed', value: 0 });
});

test('every phase that began has its own figures, the warm-up as facts', () => {
  const [before, measured] = judgeTrial(cell, evidence, names).phases;
  expect(before).toMatchObject({ purpose: 'warmup', startMs: -2000, endMs: 0, accounting: { scheduled: 200 } });
  expect(before?.latency.response.p90).toMatchObject({ method: 'observed' });
  expect(measured).toMatchObject({
    purpose: 'measure',
    name: 'load',
    startMs: 0,
    endMs: 20_000,
    rates: { offered: 200 },
  });
});

test('each agent stands with its own accounting and plain quantiles', () => {
  const { perAgent } = judgeTrial(cell, evidence, names);
  expect(perAgent.map(({ agent, accounting }) => [agent, accounting.scheduled, accounting.ok])).toEqual([
    ['node-0', 2000, 1960],
    ['node-1', 2000, 2000],
  ]);
  expect(perAgent[0]?.response.p99).toBeNull();
  expect(perAgent[1]?.response.p99).toBeCloseTo(19, 0);
});

test('failures, slowest requests, start-up and host are told in milliseconds and by name', () => {
  const trial = judgeTrial(
    cell,
    {
      ...withAgents(evidence, { sessionMs: 12, firstInferenceMs: 3, pacingCpuS: 2, pacingWallS: 20 }),
      failures: [
        { class: 'target-error', code: '503', message: 'busy', count: 40, firstNs: milliseconds(5), agent: 1 },
      ],
      slowest: [
        { seq: 9, sample: 4, intendedNs: seconds(1), waitNs: ns(9e6), lagNs: ns(1e3), serviceNs: ns(1e7), agent: 0 },
      ],
    },
    names,
  );
  expect(trial.failures).toEqual([
    { class: 'target-error', code: '503', message: 'busy', count: 40, firstMs: 5, agent: 'node-1' },
  ]);
  expect(trial.slowest).toEqual([
    { seq: 9, sample: 4, intendedMs: 1000, waitMs: 9, lagMs: 0.001, serviceMs: 10, agent: 'node-0' },
  ]);
  expect(trial.start).toEqual({ sessionMs: 12, firstInferenceMs: 3, spreadMs: 0.2 });
  expect(trial.host).toEqual({
    cpu: expect.closeTo(0.4, 10),
    steal: 0,
    throttledUs: 0,
    rssBytes: 100_000_000,
    pacingCpu: 0.1,
    runnerLoopDelayP99Ms: 0.5,
  });
  expect(trial).toMatchObject({ index: 1, attempt: 1, scheduleDigest: 'sha256:0', gpu: null, energy: null });
});

test('the figures are computed from the evidence alone: the same again gives the same', () => {
  expect(judgeTrial(cell, evidence, names)).toEqual(judgeTrial(cell, evidence, names));
});

const stopped = { atNs: seconds(10), cause: 'interrupt' } as const;
const firstHalf = evidenceOf(
  cell,
  requests.filter(({ intendedNs }) => intendedNs < stopped.atNs),
  { stop: stopped },
);

test('an interrupted trial is inconclusive and told up to its stop', () => {
  const cancelled = withAgents(firstHalf, { cancelled: [0, 1000] });
  const trial = judgeTrial(cell, cancelled, names);
  expect(trial.verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'interrupted' }] });
  expect(trial.accounting).toMatchObject({ scheduled: 2000, cancelled: 2000 });
  expect(trial.rates.offered).toBe(200);
  expect(trial.phases.at(-1)?.endMs).toBe(10_000);
});

test('an abort by objective is a fail', () => {
  const { verdict } = judgeTrial(cell, { ...firstHalf, stop: { ...stopped, cause: 'abort' } }, names);
  expect(verdict).toMatchObject({ kind: 'fail', reasons: [{ code: 'aborted' }] });
});

test('a trial stopped before its measure phase shows only its warm-up', () => {
  const early = evidenceOf(
    cell,
    requests.filter(({ intendedNs }) => intendedNs < -1e9),
    { stop: { atNs: seconds(-1), cause: 'interrupt' } },
  );
  const trial = judgeTrial(cell, early, names);
  expect(trial.phases.map(({ purpose, endMs }) => [purpose, endMs])).toEqual([['warmup', -1000]]);
  expect(trial.rates.offered).toBe(0);
  expect(trial.latency.response.p50).toEqual({ value: null, reason: 'too-few-samples', needs: 6 });
});

test('a trial that never started was not run, or says what kept it from starting', () => {
  const never = { ...evidenceOf(cell, []), startedAt: null, endedAt: null };
  expect(judgeTrial(cell, never, names).verdict).toMatchObject({
    kind: 'inconclusive',
    reasons: [{ code: 'not-run' }],
  });
  const unopened = { ...never, faults: [{ agent: 1, code: 'target-setup', message: 'no such file' } as const] };
  expect(judgeTrial(cell, unopened, names).verdict).toMatchObject({
    kind: 'inconclusive',
    reasons: [{ code: 'target-setup', message: 'The target could not be opened: no such file.' }],
  });
  const died = { ...never, faults: [{ agent: 1, code: 'runner-died', message: 'SIGABRT' } as const] };
  expect(judgeTrial(cell, died, names).verdict).toMatchObject({ kind: 'invalid', reasons: [{ code: 'runner-died' }] });
});

test('the place names trial and attempt where there are several', () => {
  const noisyBooks = { ...withAgents(evidence, { missingIntervals: 1 }), trial: 2, attempt: 3 };
  const { verdict, series } = judgeTrial(withTrials(cell, 2), noisyBooks, names);
  expect(verdict.reasons[0]?.where).toBe('target/load, trial 2, attempt 3, agent node-0');
  expect(series.path).toBe('series/target+load.2-3.csv');
});

test('an offline phase lasts until its last completion', () => {
  const offline = cellOf([atOncePhase(500)], [errorsBelow(0.05)]);
  const all = served(
    Array.from({ length: 500 }, () => 0),
    () => 4,
  );
  const trial = judgeTrial(offline, evidenceOf(offline, all), names);
  expect(trial.verdict.kind).toBe('pass');
  expect(trial.rates).toMatchObject({ offered: 250, achieved: 250 });
  expect(trial.phases[0]).toMatchObject({ startMs: 0, endMs: 2000 });
});

test('a soak with one outage keeps it in every figure', () => {
  const hour = openPhase('soak', 20, 300);
  const soak = cellOf([hour], [latencyBelow(0.95, 100)]);
  const arrivals = poissonMs(hour, '1');
  const outage = arrivals.map((at) =>
    request(at, { wait: at > 150_000 && at < 175_000 ? 175_000 - at : 0, service: 5 }),
  );
  const { latency, verdict } = judgeTrial(soak, evidenceOf(soak, outage), names);
  expect(latency.response.p95.value).toBeGreaterThan(5000);
  expect(verdict.kind).not.toBe('pass');
});
