import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notYetRunnable } from '../../../src/campaign/not-yet.ts';
import { campaignOf } from '../../support/campaigns.ts';

const base = (more: string) =>
  campaignOf(`name: n\ntargets: { t: { null: {} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n${more}`);

test('the engine kubernetes is read and not run', () => {
  expect(notYetRunnable(base('fleet: { engine: kubernetes }'))).toMatchObject([{ path: 'fleet.engine', line: 4 }]);
});

test('whatever else the language says is run', () => {
  expect(notYetRunnable(base('fleet: { engine: slurm }'))).toEqual([]);
  expect(notYetRunnable(base('vary: { workers: [1, 2] }'))).toEqual([]);
  for (const campaign of ['campaigns/smoke.yaml', 'campaigns/serve.yaml']) {
    expect(notYetRunnable(campaignOf(readFileSync(campaign, 'utf8'))), campaign).toEqual([]);
  }
});
