import { expect, test } from 'vitest';
import { digestOf, HistoryStore, type KeptRun } from '../../../../src/cli/history/store.ts';
import type { NightFigure } from '../../../../src/verdict/gate/night.ts';

const run = (runId: string, startedAt: string, more: Partial<KeptRun> = {}): KeptRun => ({
  runId,
  campaign: 'nightly',
  startedAt,
  environment: 'e1',
  verdict: 'pass',
  commit: null,
  ...more,
});
const p95 = (log: number, load = 'as ever'): NightFigure => ({
  cell: 'a/load',
  load,
  metric: 'response.p95',
  log,
  trials: 3,
});
const key = {
  campaign: 'nightly',
  environment: 'e1',
  cell: 'a/load',
  load: digestOf('as ever'),
  metric: 'response.p95',
} as const;

test('runs of one day are one night, and a night is held against earlier ones only', () => {
  const store = new HistoryStore(':memory:');
  store.add(run('r1', '2026-11-20T01:00:00Z'), [p95(1)]);
  store.add(run('r2', '2026-11-20T05:00:00Z'), [p95(3)]);
  store.add(run('r3', '2026-11-21T01:00:00Z'), [p95(4)]);
  store.add(run('r4', '2026-11-22T01:00:00Z'), [p95(9)]);
  expect(store.nights(key, null)).toEqual([
    { day: '2026-11-20', log: 2 },
    { day: '2026-11-21', log: 4 },
    { day: '2026-11-22', log: 9 },
  ]);
  expect(store.nights(key, '2026-11-21')).toEqual([{ day: '2026-11-20', log: 2 }]);
});

test('another machine, campaign or load is another series', () => {
  const store = new HistoryStore(':memory:');
  store.add(run('r1', '2026-11-20T01:00:00Z', { environment: 'e2' }), [p95(1)]);
  store.add(run('r2', '2026-11-21T01:00:00Z', { campaign: 'other' }), [p95(1)]);
  store.add(run('r3', '2026-11-22T01:00:00Z'), [p95(1, 'twice the rate')]);
  expect(store.nights(key, null)).toEqual([]);
  expect(store.nightsElsewhere(key, '2026-11-23')).toBe(2);
  expect(store.nightsElsewhere(key, '2026-11-22')).toBe(1);
  expect(store.series(1)).toHaveLength(3);
  expect(store.series(2)).toEqual([]);
});

test('a run that is added again replaces itself; a removed one takes its figures with it', () => {
  const store = new HistoryStore(':memory:');
  store.add(run('r1', '2026-11-20T01:00:00Z'), [p95(1)]);
  store.add(run('r1', '2026-11-20T01:00:00Z'), [p95(2)]);
  expect(store.runs().map(({ runId }) => runId)).toEqual(['r1']);
  expect(store.figures('r1')).toEqual([{ ...p95(2), load: digestOf('as ever') }]);
  expect(store.remove('r1')).toBe(true);
  expect(store.remove('r1')).toBe(false);
  expect(store.nights(key, null)).toEqual([]);
});
