import { expect, test } from 'vitest';
import type { K6Spec } from '../../../../src/campaign/target-spec.ts';
import { BEYOND, type TrialData } from '../../../../src/report/html/chart-data.ts';
import { chartsOf } from '../../../../src/report/html/charts.ts';
import { trialData } from '../../../../src/report/html/trial-data.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { judgeTrial } from '../../../../src/verdict/judge-trial.ts';
import { secondsAsToldBy } from '../../../../src/verdict/k6/latency.ts';
import { evidenceOf, type MadeRequest, request } from '../../../support/evidence.ts';
import { sampleCell } from '../../../support/run-journal.ts';

/** 20 requests a second for 20 s of 10 ms each; in second 5 none came back, second 9 is without any. */
const requests: MadeRequest[] = Array.from({ length: 400 }, (_, i) => i * 50)
  .filter((atMs) => atMs < 9000 || atMs >= 10_000)
  .map((atMs) =>
    request(
      atMs,
      { service: 10 + atMs / 10_000, lag: 0.1 },
      { phase: 1, ...(Math.floor(atMs / 1000) === 5 ? { outcome: Outcome.timeout } : {}) },
    ),
  );

const evidence = evidenceOf(sampleCell, requests);
const data: TrialData = trialData(
  sampleCell,
  evidence,
  judgeTrial(sampleCell, evidence, (agent) => `agent-${agent}`),
);
const secondsFromStart = (second: number): number => second - data.startS;

test('every second of the trial has a place, from the start of warm-up', () => {
  expect(data.startS).toBe(-2);
  expect(data.columns.offered.length).toBe(evidence.seconds.length);
  expect(data.columns.offered.slice(0, 4)).toEqual([0, 0, 20, 20]);
});

test('a percentile among the failed is told apart from a second without requests', () => {
  expect(data.columns.p95[secondsFromStart(5)]).toBe(BEYOND);
  expect(data.columns.p50[secondsFromStart(5)]).toBe(BEYOND);
  expect(data.columns.p95[secondsFromStart(9)]).toBeNull();
  expect(data.columns.p95[0]).toBeNull();
  expect(data.columns.p95[secondsFromStart(4)]).toBeCloseTo(10.595, 2);
});

test('phases stand where they ran, in seconds', () => {
  expect(data.phases).toEqual([
    { name: 'warmup', purpose: 'warmup', fromS: -2, toS: 0 },
    { name: 'load', purpose: 'measure', fromS: 0, toS: 20 },
  ]);
});

test('slow stretches stand where they were, with their likely cause', () => {
  const stretch = { startMs: 4000, endMs: 6000, p95Ms: 40, usualMs: 10, cause: 'clock-drop', rule: '' } as const;
  const result = judgeTrial(sampleCell, evidence, () => 'agent-0');
  expect(trialData(sampleCell, evidence, { ...result, slow: [stretch] }).slow).toEqual([
    { cause: 'clock-drop', fromS: 4, toS: 6 },
  ]);
  expect(data.slow).toEqual([]);
});

test('limits of response are drawn, others are not', () => {
  expect(data.limits).toEqual([{ objective: 'response.p95 < 100ms', ms: 100, quantile: 0.95 }]);
});

test('the distribution ends for response where the failed begin, and goes on for nothing else', () => {
  const [whole] = data.distributions;
  expect(data.distributions).toHaveLength(1);
  expect(whole?.failedFrom).toBeCloseTo(380 / 20, 9);
  const at95 = whole?.oneIn.findIndex((oneIn) => Math.abs(oneIn - 20) < 1e-6) ?? -1;
  expect(whole?.response[at95 - 1]).toBeGreaterThan(11);
  expect(whole?.response[at95]).toBeNull();
  expect(whole?.response.every((value, i, all) => i === 0 || value === null || value >= (all[i - 1] ?? 0))).toBe(true);
});

test('every chart has a sentence with its main figures', () => {
  expect(data.summaries.response).toBe(
    "P95 of a second's requests lies between 10.19 ms and 12.10 ms, the latter at 19 s. In one second P95 is beyond every response that came: too many failed.",
  );
  expect(data.summaries.failed).toBe('20 of 380 measured requests failed (5.26 %); at most 20, at 5 s.');
  expect(data.summaries.rates).toContain('offered 19.00/s');
});

test('of a trial by k6 neither lag nor wait is drawn, nor the response of its loops', () => {
  const spec: K6Spec = {
    kind: 'k6',
    script: { name: 'x.ts', path: '/x.ts', sha256: '' },
    vus: 1,
    env: {},
    options: 'scenario',
    thresholds: {},
    executors: 'open',
  };
  const drawn = (executors: K6Spec['executors']): TrialData => {
    const cell = { ...sampleCell, spec: { ...spec, executors } };
    const told = { ...evidence, seconds: secondsAsToldBy(cell, evidence.seconds) };
    return trialData(
      cell,
      told,
      judgeTrial(cell, told, () => 'agent-0'),
    );
  };
  const [open, loops] = [drawn('open'), drawn('closed')];
  expect(open.latency).toBe('service');
  expect(open.columns.lagP99).toEqual([]);
  expect(open.distributions.map(({ wait }) => wait)).toEqual([[]]);
  expect(open.distributions[0]?.response.length).toBeGreaterThan(0);
  expect(loops.distributions[0]?.response).toEqual([]);
  expect(loops.summaries.distribution).toMatch(/^Service: P50 /);
  expect(data.latency).toBe('response');
  expect(data.columns.lagP99.length).toBeGreaterThan(0);
  expect(data.distributions[0]?.wait.length).toBeGreaterThan(0);
  const page = chartsOf(0, 'script/loops', [loops]).text;
  expect(page).toContain('Service time');
  expect(page).not.toContain('data-chart="lag"');
  expect(page).toContain('<option value="parts">service</option>');
  const built = chartsOf(0, 'target/load', [data]).text;
  expect(built).toContain('data-chart="lag"');
  expect(built).toContain('<option value="parts">response, service and wait</option>');
});
