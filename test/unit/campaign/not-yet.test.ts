import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notYetPlannable, notYetRunnable } from '../../../src/campaign/not-yet.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { campaignOf, planContext } from '../../support/campaigns.ts';

const base = (more: string, target = 'null: {}', scenario = 'load: { rate: 200/s, for: 9s }') =>
  campaignOf(`name: n\ntargets: { t: { ${target} }, other: { null: {} } }\nscenarios: { s: { ${scenario} } }\n${more}`);

test.each([['serve: { model: tiny-mlp, expect: { npy: { file: y.npy } } }', 'targets.t.serve.expect']])(
  'a target %s is read and not planned',
  (target, path) => {
    const campaign = base('', target);
    expect(notYetPlannable(campaign)).toMatchObject([{ path, line: 2 }]);
    const planned = buildPlan(campaign, planContext(campaign));
    expect(planned).toEqual({ ok: false, mistakes: notYetPlannable(campaign) });
  },
);

test.each([['fleet: { engine: kubernetes }', 'fleet.engine']])('%s is planned and not run', (more, path) => {
  expect(notYetPlannable(base(more))).toEqual([]);
  expect(notYetRunnable(base(more))).toMatchObject([{ path }]);
});

test('what no cell holds is no gap', () => {
  expect(notYetRunnable(base('cells: { only: [other/s] }', 'k6: { script: k6/load.ts }'))).toEqual([]);
  expect(notYetRunnable(base('vary: { workers: [1, 2] }'))).toEqual([]);
  expect(notYetRunnable(base('fleet: { engine: slurm }'))).toEqual([]);
});

test('the whole language names every gap once, and the smoke campaign none', () => {
  const whole = campaignOf(readFileSync('test/golden/campaigns/good/whole-language.yaml', 'utf8'));
  const paths = notYetRunnable(whole).map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(notYetRunnable(campaignOf(readFileSync('campaigns/smoke.yaml', 'utf8')))).toEqual([]);
});
