import { expect, test } from 'vitest';
import { mergedPlan } from '../../../src/campaign/gate-plan.ts';
import { seconds } from '../../../src/time/ns.ts';
import { latencyBelow, openPhase } from '../../support/cells.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const plan = (...ids: string[]) => smallPlan(ids.map((id) => smallCell({ id })));

test('pairs run baseline, candidate, candidate, baseline, after a discarded trial of each', () => {
  const merged = mergedPlan(plan('a/load'), plan('a/load'), 4, 'sha256:x');
  if (!merged.ok) throw new Error(merged.problem);
  expect(merged.plan.cells.map(({ id, judge }) => [id, judge])).toEqual([
    ['baseline/a/load', false],
    ['candidate/a/load', false],
  ]);
  const sides = merged.plan.order.map(({ cell, trial }) => `${cell === 0 ? 'A' : 'B'}${trial}`);
  expect(sides).toEqual(['A1', 'B1', 'A2', 'B2', 'B3', 'A3', 'A4', 'B4', 'B5', 'A5']);
  expect(merged.plan.campaign).toMatchObject({ name: 'gate-small', digest: 'sha256:x' });
});

test('of several cells the two sides of each run one after the other', () => {
  const merged = mergedPlan(plan('a/load', 'b/load', 'gone/load'), plan('b/load', 'new/load', 'a/load'), 2, 'sha256:x');
  if (!merged.ok) throw new Error(merged.problem);
  expect(merged.cells.map(({ id }) => id)).toEqual(['a/load', 'b/load']);
  expect(merged.plan.order.slice(-4)).toEqual([
    { cell: 1, trial: 3 },
    { cell: 0, trial: 3 },
    { cell: 3, trial: 3 },
    { cell: 2, trial: 3 },
  ]);
});

test('campaigns without a cell in common are refused with the cells of both', () => {
  expect(mergedPlan(plan('a/load'), plan('b/load'), 2, '')).toEqual({
    ok: false,
    problem: 'gate: found no cell that both campaigns have: the baseline has a/load, the candidate b/load',
  });
});

test('a cell whose rates its run has to find out cannot be run in pairs', () => {
  const open = {
    kind: 'search',
    from: 1,
    until: 9,
    everyNs: seconds(5),
    law: 'poisson',
    warmupNs: seconds(1),
  } as const;
  const searching = smallPlan([smallCell({ id: 'a/load' }), smallCell({ id: 'a/most', open, judgedBy: 'peak' })]);
  expect(mergedPlan(searching, searching, 2, '')).toEqual({
    ok: false,
    problem: expect.stringMatching(/^gate: found a\/most, whose rate a run has to find out, expected .*leave it out/),
  });
});

test('a cell that ends at the level that breaks is no pair: the slower side would be asked less', () => {
  const breaking = smallPlan([smallCell({ id: 'a/limit', judgedBy: 'breakpoint' })]);
  expect(mergedPlan(breaking, breaking, 2, '')).toEqual({
    ok: false,
    problem: expect.stringMatching(
      /^gate: found a\/limit, which ends at the level that breaks, expected .*leave it out/,
    ),
  });
});

test('two sides that meet unlike loads are refused, and what may differ is not', () => {
  const at = (rate: number) => smallPlan([smallCell({ id: 'a/load', phases: [openPhase('load', rate, 20)] })]);
  expect(mergedPlan(at(100), at(50), 2, '')).toEqual({
    ok: false,
    problem: 'gate: a/load: found the load unlike on both sides, expected the same: a shift would come from that',
  });
  const waiting = smallPlan([smallCell({ id: 'a/load', timeoutNs: seconds(1), backlog: 7 })]);
  expect(mergedPlan(plan('a/load'), waiting, 2, '')).toMatchObject({
    ok: false,
    problem: expect.stringContaining('found timeout, fleet.backlog unlike on both sides'),
  });
  const moreWorkers = smallPlan([smallCell({ id: 'a/load', workers: 7, drainNs: seconds(1) })]);
  expect(mergedPlan(plan('a/load'), moreWorkers, 2, '').ok).toBe(true);
});

test('no objective ends a trial of a gate early: pairs must be alike', () => {
  const aborting = { ...latencyBelow(0.95, 100), overNs: seconds(10), abort: true };
  const one = smallPlan([smallCell({ id: 'a/load', objectives: [aborting], stop: 'early' })]);
  const merged = mergedPlan(one, one, 2, '');
  if (!merged.ok) throw new Error(merged.problem);
  for (const cell of merged.plan.cells) {
    expect(cell.stop).toBeUndefined();
    expect(cell.objectives).toEqual([{ ...aborting, abort: false }]);
  }
});
