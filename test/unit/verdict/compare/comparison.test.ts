import { expect, test } from 'vitest';
import type { Cell } from '../../../../src/campaign/plan.ts';
import { compareRuns } from '../../../../src/verdict/compare/comparison.ts';
import { sampleBenchmarks } from '../../../support/benchmarks.ts';
import { latencyBelow } from '../../../support/cells.ts';
import { ownScript } from '../../../support/k6-scripts.ts';
import { foundPeak, peakCell } from '../../../support/peak-result.ts';
import { smallCell, smallPlan } from '../../../support/small-plan.ts';

const run = (change: Partial<Cell>) => ({
  plan: smallPlan([smallCell({ id: 'classifier/most', ...change })]),
  benchmarks: { ...sampleBenchmarks, cells: [peakCell(foundPeak)] },
  trials: [],
});
const plannedOtherwise = (a: Partial<Cell>, b: Partial<Cell>) => compareRuns(run(a), run(b)).cells[0]?.planned;

test('two peaks under other objectives are told as such: they are answers to other questions', () => {
  const within = (limitMs: number) => ({ objectives: [latencyBelow(0.95, limitMs)] });
  expect(plannedOtherwise(within(100), within(200))).toEqual(['objectives']);
  expect(plannedOtherwise(within(100), within(100))).toEqual([]);
});

test('scripts whose own scenarios differ are told as such', () => {
  expect(plannedOtherwise({ spec: ownScript(50) }, { spec: ownScript(60) })).toEqual(['scenarios of the script']);
});
