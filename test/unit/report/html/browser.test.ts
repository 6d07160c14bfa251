import { expect, test } from 'vitest';
import { percentileText, tickText, timeText, valueRange } from '../../../../src/report/html/browser/axes.ts';
import { curvesOf, lookOf } from '../../../../src/report/html/browser/curves.ts';
import { bridged, drawn, extent, lonely } from '../../../../src/report/html/browser/figures.ts';
import { readoutText } from '../../../../src/report/html/browser/readout.ts';
import { BEYOND, CHART_COLUMNS, type ChartColumn, type TrialData } from '../../../../src/report/html/chart-data.ts';

const columns = Object.fromEntries(CHART_COLUMNS.map((column) => [column, [1, 2]])) as Record<ChartColumn, number[]>;
const trial: TrialData = {
  name: 'trial 1',
  latency: 'response',
  startS: -1,
  columns: { ...columns, p99: [3, BEYOND], lagP99: [0.0125, 2] },
  phases: [
    { name: 'warmup', purpose: 'warmup', fromS: -1, toS: 0 },
    { name: 'load', purpose: 'measure', fromS: 0, toS: 1 },
  ],
  limits: [],
  slow: [],
  summaries: {
    response: '',
    lag: '',
    host: '',
    activity: '',
    power: '',
    clock: '',
    held: '',
    temperature: '',
    rates: '',
    failed: '',
    inFlight: '',
    memory: '',
    distribution: '',
  },
  distributions: [
    { name: 'all measure phases', oneIn: [1, 2], response: [1, 2], service: [1, 2], wait: [0, 0], failedFrom: null },
    { name: 'low', oneIn: [1], response: [1], service: [1], wait: [0], failedFrom: null },
    { name: 'high', oneIn: [1], response: [2], service: [2], wait: [0], failedFrom: null },
  ],
};

test.each([
  [-2, 22, '-2 s'],
  [90, 100, '90 s'],
  [90, 600, '1:30'],
  [-30, 600, '-0:30'],
  [3600, 7200, '1:00:00'],
])('%d s on an axis until %d s reads %s', (seconds, endS, text) => {
  expect(timeText(seconds, endS)).toBe(text);
});

test.each([
  [0.012, '0.012'],
  [1200, '1200'],
  [12_500, '12.5k'],
  [3_000_000, '3M'],
])('the tick %d reads %s', (value, text) => {
  expect(tickText(value)).toBe(text);
});

test('a percentile is what one in so many exceeds', () => {
  expect([1, 10, 20, 1000].map(percentileText)).toEqual(['0 %', '90 %', '95 %', '99.9 %']);
});

test('linear axes begin at zero, logarithmic ones at a power of ten, both end above the highest', () => {
  expect(valueRange(40, 100, 'linear')).toEqual([0, 108]);
  expect(valueRange(0, 0, 'linear')).toEqual([0, 1]);
  const [from, to] = valueRange(40, 950, 'log');
  expect(from).toBe(10);
  expect(to).toBeGreaterThan(950);
  expect(valueRange(0, 0.5, 'log')[0]).toBe(0.001);
});

test('no line goes through a gap nor through what lies beyond every response', () => {
  expect(drawn([1, null, BEYOND, 0], 'linear')).toEqual([1, null, null, 0]);
  expect(drawn([0, 5], 'log')).toEqual([0.001, 5]);
});

test('a point between two gaps is a point of its own', () => {
  expect(lonely([1, null, 2, 3, null, 4])).toEqual([0, 5]);
  expect(lonely(bridged([1, null, 2, null, null, 4, null])), 'a single second without a reading is no gap').toEqual([
    5,
  ]);
});

test('the extent of nothing is none', () => {
  expect(extent([[null, undefined]], [])).toBeNull();
  expect(extent([[null, 3]], [7])).toEqual([3, 7]);
});

test('a second is read with its phase and every figure', () => {
  expect(readoutText(trial, 0)).toMatch(/^-1 s, warmup: P50 1 ms, P95 1 ms, P99 3 ms, lag P99 0\.0125 ms, offered 1, /);
  expect(readoutText(trial, 1)).toContain('0 s, load: P50 2 ms, P95 2 ms, P99 beyond every response that came,');
});

test('a distribution is shown by parts, by phases or by trials', () => {
  const names = (view: 'parts' | 'phases' | 'trials'): string[] =>
    curvesOf(view, trial, [trial, { ...trial, name: 'trial 2' }]).map(({ name }) => name);
  expect(names('parts')).toEqual(['response', 'service', 'wait']);
  expect(names('phases')).toEqual(['low', 'high']);
  expect(names('trials')).toEqual(['trial 1', 'trial 2']);
});

test('no two of the first eighteen curves look alike', () => {
  const looks = Array.from({ length: 18 }, (_, index) => JSON.stringify(lookOf(index)));
  expect(new Set(looks).size).toBe(18);
});
