import { expect, test } from 'vitest';
import { Histogram } from '../../../../src/stats/histogram.ts';
import { compareCell } from '../../../../src/verdict/compare/compare-cell.ts';
import type { TrialResult } from '../../../../src/verdict/trial-result.ts';
import { sampleBenchmarks } from '../../../support/benchmarks.ts';

const [example] = sampleBenchmarks.cells.flatMap(({ trials }) => trials) as [TrialResult];
const population = { finite: new Histogram(), infinite: 0 };
population.finite.record(5e6);

const trial = (p95: number, more: Partial<TrialResult> = {}): TrialResult => ({
  ...example,
  latency: {
    ...example.latency,
    response: {
      ...example.latency.response,
      p95: { value: p95, low: p95 * 0.9, high: p95 * 1.1, confidence: 0.95, method: 'woodruff-batch-means' },
      p99: { value: null, reason: 'too-few-samples', needs: 368 },
    },
  },
  ...more,
});
const side = (...trials: readonly TrialResult[]) => ({ trials, response: population });
const figure = (a: ReturnType<typeof side>, b: ReturnType<typeof side>, metric: string) =>
  compareCell('t/s', a, b).figures.find((one) => one.metric === metric);

test('of one trial each, the bounds are those within the trials', () => {
  const found = figure(side(trial(10)), side(trial(12)), 'response.p95');
  expect(found).toMatchObject({ unit: 'ms', baseline: 10, candidate: 12, shift: { method: 'mover-within-trial' } });
  expect(found?.shift?.share).toBeCloseTo(0.2, 12);
  expect(found?.shift?.low).toBeLessThan(0.2);
});

test('of several trials each, the bounds are those between them', () => {
  const found = figure(side(trial(10), trial(10.2)), side(trial(12), trial(12.3)), 'response.p95');
  expect(found?.shift?.method).toBe('welch-t-of-logs');
  expect(found?.candidate).toBeCloseTo(Math.sqrt(12 * 12.3), 12);
});

test('several trials against one: either side has its own kind of bounds', () => {
  const found = figure(side(trial(10), trial(10.2), trial(9.9)), side(trial(12)), 'response.p95');
  expect(found?.shift?.method).toBe('mover-within-trial');
  expect(found?.shift?.high).toBeGreaterThan(found?.shift?.share ?? 9);
});

test('a figure that a trial does not have is not made up', () => {
  expect(figure(side(trial(10)), side(trial(12)), 'response.p99')).toMatchObject({
    baseline: null,
    candidate: null,
    shift: null,
  });
});

test('a share of errors of zero has no ratio', () => {
  const failed = { timeout: 0, rejected: 0, 'target-error': 0, 'wrong-output': 0 };
  const accounting = { ...example.accounting, scheduled: 100, ok: 100, failed, shed: 0, unfinished: 0 };
  const found = figure(side(trial(10, { accounting })), side(trial(10, { accounting })), 'errors');
  expect(found).toEqual({ metric: 'errors', unit: 'ratio', baseline: 0, candidate: 0, shift: null });
});

const streaming = (p95: number): TrialResult => {
  const { response } = trial(p95).latency;
  const events = { firstEvent: response, firstEventService: response, betweenEvents: response };
  return trial(p95, { latency: { ...trial(2 * p95).latency, ...events } });
};

test('of answers that stream, the first event and the gaps between events are compared too', () => {
  const { figures } = compareCell('t/s', side(streaming(10)), side(streaming(12)));
  expect(figures.map(({ metric }) => metric).filter((metric) => /p95$/u.test(metric))).toEqual([
    'response.p95',
    'service.p95',
    'wait.p95',
    'firstEvent.p95',
    'firstEventService.p95',
    'betweenEvents.p95',
  ]);
  expect(figure(side(streaming(10)), side(streaming(12)), 'betweenEvents.p95')).toMatchObject({
    unit: 'ms',
    baseline: 10,
    candidate: 12,
    shift: { method: 'mover-within-trial' },
  });
  expect(figure(side(trial(10)), side(trial(12)), 'firstEvent.p95')).toBeUndefined();
});

test('a side that streams no events has no figure of them, and no shift is made up', () => {
  expect(figure(side(trial(10)), side(streaming(12)), 'firstEvent.p95')).toMatchObject({
    baseline: null,
    candidate: 12,
    shift: null,
  });
});
