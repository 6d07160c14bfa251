import { expect, test } from 'vitest';
import type { Objective } from '../../../src/campaign/objective.ts';
import { seconds } from '../../../src/time/ns.ts';
import { judgeObjectives } from '../../../src/verdict/judge-objective.ts';
import { notJudged } from '../../../src/verdict/not-judged.ts';
import { trialView } from '../../../src/verdict/trial-view.ts';
import {
  atLeast,
  atOncePhase,
  cellOf,
  errorsBelow,
  largestBelow,
  latencyBelow,
  openPhase,
  overWindow,
  recoversWithin,
} from '../../support/cells.ts';
import { evidenceOf, request } from '../../support/evidence.ts';
import { uniformMs } from '../../support/queue.ts';

const levels = [100, 150, 200, 250].map((rate, i) => openPhase(`level ${i + 1} (${rate}/s)`, rate, 4, 4 * i));

function judgeStress(objectives: readonly Objective[], serviceMs: (level: number, i: number) => number) {
  const cell = cellOf(levels, objectives, { judgedBy: 'level' });
  const requests = levels.flatMap((phase, level) =>
    uniformMs(phase).map((at, i) => request(at, { service: serviceMs(level, i) }, { phase: level })),
  );
  return judgeObjectives(cell, [trialView(cell, evidenceOf(cell, requests))], 'target/stress');
}

test('stress is judged per level with bounds, the gravest deciding and named', () => {
  const [judged] = judgeStress([latencyBelow(0.95, 100)], (level, i) => (level >= 2 && i % 4 === 0 ? 150 : 10));
  expect(judged?.result).toMatchObject({
    verdict: 'fail',
    phase: 'level 3 (200/s)',
    over: { count: 200, of: 800 },
    reason: { where: 'target/stress, level 3 (200/s)' },
  });
  expect(judged?.byBounds).toBe(true);
});

test('a stress that every level passes passes', () => {
  const [judged] = judgeStress([latencyBelow(0.95, 100)], () => 10);
  expect(judged?.result).toMatchObject({ verdict: 'pass', phase: 'level 1 (100/s)' });
});

test('an inconclusive level outweighs the ones that pass', () => {
  const [judged] = judgeStress([latencyBelow(0.95, 100)], (level, i) => (level === 1 && i % 22 === 0 ? 150 : 10));
  expect(judged?.result).toMatchObject({ verdict: 'inconclusive', phase: 'level 2 (150/s)' });
});

test('of stress the lowest level counts for a rate', () => {
  const [judged] = judgeStress([atLeast('throughput', 100)], (level) => (level === 0 ? 10 : 9000));
  expect(judged?.result).toMatchObject({ verdict: 'pass', phase: 'level 1 (100/s)', observed: { value: 100 } });
});

test('without objectives there is nothing to miss', () => {
  expect(judgeStress([], () => 10)).toEqual([]);
});

test('windows and aborts that make no sense are named before the start', () => {
  const window = overWindow(latencyBelow(0.99, 250), seconds(10));
  const rate = overWindow(atLeast('throughput', 100), seconds(10));
  const abort = { ...latencyBelow(0.99, 100), abort: true };
  const messages = notJudged(cellOf(levels, [{ ...window, abort: true }, rate, abort, latencyBelow(0.95, 100)]));
  expect(messages.map(({ message }) => message)).toEqual([
    'target/load: throughput >= 100/s is over a window, which only latencies and errors are judged on',
    'target/load: response.p99 < 100ms is to abort its trial and has no window: write `over`',
  ]);
  expect(notJudged(cellOf(levels, [window], { judgedBy: 'breakpoint' }))).toHaveLength(1);
  expect(notJudged(cellOf([atOncePhase(100)], [overWindow(errorsBelow(0.05), seconds(2))]))).toHaveLength(1);
});

test.each<[string, Objective]>([
  ['recovery without a peak', recoversWithin(5, 100)],
  ['held outside a breakpoint', atLeast('held', 100)],
  ['a latency that must be high', { ...latencyBelow(0.95, 100), comparison: '>' }],
  ['a throughput that must be low', { ...atLeast('throughput', 100), comparison: '<' }],
  ['a confidence of a coin', { ...errorsBelow(0.05), confidence: 0.5 }],
])('%s is refused', (_, objective) => {
  expect(notJudged(cellOf(levels, [objective]))).toHaveLength(1);
});

test('offline knows rates and errors only', () => {
  const cell = cellOf([atOncePhase(100)], [atLeast('throughput', 1), errorsBelow(0.05), largestBelow(9)]);
  expect(notJudged(cell).map(({ objective }) => objective)).toEqual(['response.max < 9ms']);
});
