import { expect, test } from 'vitest';
import { mergedPlan } from '../../../src/campaign/gate-plan.ts';
import { seconds } from '../../../src/time/ns.ts';
import { planOf } from '../../support/campaigns.ts';
import { latencyBelow, openPhase } from '../../support/cells.ts';
import { ownScript } from '../../support/k6-scripts.ts';
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
  expect(merged.unmatched).toEqual([
    { cell: 'gone/load', only: 'baseline' },
    { cell: 'new/load', only: 'candidate' },
  ]);
  expect(merged.plan.order.slice(-4)).toEqual([
    { cell: 1, trial: 3 },
    { cell: 0, trial: 3 },
    { cell: 3, trial: 3 },
    { cell: 2, trial: 3 },
  ]);
});

test('a cell outside the verdict of the baseline is not run in pairs, whatever the candidate says of it', () => {
  const explored = smallCell({ id: 'a/explore', judge: false });
  const baseline = smallPlan([smallCell({ id: 'a/load' }), explored]);
  const merged = mergedPlan(baseline, plan('a/load', 'a/explore'), 2, '');
  expect(merged).toMatchObject({ ok: true, cells: [{ id: 'a/load' }], unmatched: [] });
  expect(mergedPlan(smallPlan([explored]), plan('a/explore'), 2, '')).toEqual({
    ok: false,
    problem:
      "gate: found a/explore outside the baseline's verdict (judge: false), expected a judged cell that both campaigns have",
  });
});

test('k6 scripts whose own scenarios differ are unlike loads, though they last as long with as many virtual users', () => {
  const at = (rate: number) => smallPlan([smallCell({ id: 'mine/own', spec: ownScript(rate) })]);
  expect(mergedPlan(at(50), at(50), 2, '').ok).toBe(true);
  expect(mergedPlan(at(50), at(60), 2, '')).toEqual({
    ok: false,
    problem:
      "gate: mine/own: found the script's scenarios unlike on both sides, expected the same: a shift would come from that",
  });
});

test('one fleet runs both sides, so that campaigns which ask for unlike ones are refused', () => {
  const on = (cpus: number) =>
    planOf(`name: c
targets: { t: { null: {} } }
scenarios: { load: { load: { rate: 200/s, for: 2s } } }
fleet: { instance: { cpus: ${cpus} } }
`);
  expect(mergedPlan(on(1), on(1), 2, '').ok).toBe(true);
  expect(mergedPlan(on(1), on(2), 2, '')).toEqual({
    ok: false,
    problem: 'gate: found fleet.instances unlike on both sides, expected the same: one fleet runs both',
  });
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
