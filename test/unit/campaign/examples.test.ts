import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { tracesOf } from '../../../src/campaign/trace-plan.ts';
import { openBytes } from '../../../src/wire/byte-reader.ts';
import { campaignFiles, campaignOf, planContext } from '../../support/campaigns.ts';

const FOLDER = 'campaigns';
const files = campaignFiles(FOLDER);
/** Too long to be tried in passing, by their nature. */
const LONG = ['soak.yaml', 'peak.yaml'];
/** Needs code of its own to be allowed. */
const OWN_CODE = ['custom.yaml'];

const examples = files.filter(({ name }) => !OWN_CODE.includes(name));

test.each(examples)('campaigns/$name can be planned and run, and tells editors its schema', ({ name, text }) => {
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../schema/campaign.schema.json');
  const campaign = campaignOf(text);
  expect(`${campaign.name}.yaml`).toBe(name);
  const traces = tracesOf(campaign, 'inside').map(
    (path) => [path, { ok: true, value: { path: resolve(FOLDER, path), sha256: '00', bytes: 1 } }] as const,
  );
  const planned = buildPlan(campaign, planContext(campaign, { traces: new Map(traces), openFile: openBytes }));
  if (!planned.ok) throw new Error(planned.mistakes.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  const { cells, notes } = planned.plan;
  expect(notes.filter((note) => note.includes('cannot pass'))).toEqual([]);
  const seconds = cells.map(({ phases, trials }) =>
    phases.reduce((sum, { durationNs }) => sum + (trials.length * durationNs) / 1e9, 0),
  );
  if (!LONG.includes(name)) expect(Math.max(...seconds)).toBeLessThan(80);
});

test('there is an example of every scenario that can be run', () => {
  const shown = examples.flatMap(({ text }) => campaignOf(text).scenarios.map(({ preset }) => preset.kind));
  const runnable = ['breakpoint', 'closed', 'load', 'multiStream', 'offline', 'ramp', 'singleStream', 'soak', 'spike'];
  expect([...new Set(shown)].toSorted()).toEqual(expect.arrayContaining([...runnable, 'peak', 'stress', 'trace']));
});
