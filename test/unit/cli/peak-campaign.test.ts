import { expect, test } from 'vitest';
import { filePeakCampaign, modelPeakCampaign } from '../../../src/cli/peak-campaign.ts';
import { campaignOf } from '../../support/campaigns.ts';

const textOf = (built: ReturnType<typeof modelPeakCampaign>): string => {
  if (!built.ok) throw new Error(built.problems.join('\n'));
  return built.text;
};

const FILE = `name: c
# a comment that stays
targets: { t: { null: {} } }
scenarios: { load: { load: { rate: 20/s, for: 5s } }, other: { load: { rate: 30/s, for: 5s } } }
objectives: [response.p95 < 50ms]
cells: { only: [t/load] }
trials: 5
order: random
`;

test('a model is searched under P95 below 100 ms and errors below 5 %', () => {
  const campaign = campaignOf(textOf(modelPeakCampaign({}, { named: 'tiny-mlp', stem: 'tiny-mlp' })));
  expect(campaign.scenarios).toMatchObject([
    { name: 'peak', preset: { kind: 'peak', options: { from: 10, until: 2000 } } },
  ]);
  expect(campaign.objectives?.objectives.map(({ text }) => text)).toEqual(['response.p95 < 100ms', 'errors < 5%']);
  expect(campaign.retryInvalid).toBe(2);
});

test('flags go before what stands there', () => {
  const flags = {
    from: '50/s',
    until: '400/s',
    every: '15',
    warmup: '1s',
    p95: '80ms',
    workers: '2',
    agents: '3',
    batch: '4',
  };
  const campaign = campaignOf(textOf(modelPeakCampaign(flags, { named: 'tiny-mlp', stem: 'tiny-mlp' })));
  expect(campaign.scenarios[0]?.preset).toMatchObject({ options: { from: 50, until: 400, every: 15e9 } });
  expect(campaign.scenarios[0]?.warmupNs).toBe(1e9);
  expect(campaign.fleet).toMatchObject({ agents: 3, workers: 2 });
});

test('every flag that cannot be meant is named', () => {
  const built = modelPeakCampaign({ from: '0/s', every: 'long', workers: 'two' }, { named: 'm', stem: 'm' });
  if (built.ok) throw new Error('was taken');
  expect(built.problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual(['--every', '--from', '--workers']);
});

test('a campaign keeps its targets, objectives and comments, and its scenarios become a search', () => {
  const text = textOf(filePeakCampaign(FILE, 'c.yaml', { until: '100/s' }));
  expect(text).toContain('# a comment that stays');
  const campaign = campaignOf(text);
  expect(campaign.scenarios.map(({ name }) => name)).toEqual(['peak']);
  expect(campaign).toMatchObject({ trials: 1, cells: { kind: 'all' }, order: 'interleaved', retryInvalid: 2 });
  expect(campaign.objectives?.objectives.map(({ text: words }) => words)).toEqual(['response.p95 < 50ms']);
});

test('a search that the campaign has is the one that runs, and a ceiling on rates ends it', () => {
  const own = FILE.replace(
    'scenarios: {',
    'scenarios: { most: { peak: { from: 5/s, until: 90/s, every: 8s }, arrivals: uniform }, ',
  );
  const [scenario] = campaignOf(textOf(filePeakCampaign(own, 'c.yaml', { every: '9s' }))).scenarios;
  expect(scenario).toMatchObject({
    name: 'most',
    law: 'uniform',
    preset: { options: { from: 5, until: 90, every: 9e9 } },
  });
  const guarded = campaignOf(textOf(filePeakCampaign(`${FILE}guard: { rate: 300/s }\n`, 'c.yaml', {})));
  expect(guarded.scenarios[0]?.preset).toMatchObject({ options: { until: 300 } });
});

test('several searches are not chosen between', () => {
  const search = 'peak: { from: 5/s, until: 90/s, every: 8s }';
  const own = FILE.replace('scenarios: {', `scenarios: { a: { ${search} }, b: { ${search} }, `);
  expect(filePeakCampaign(own, 'c.yaml', {})).toMatchObject({
    ok: false,
    problems: [expect.stringMatching(/^c.yaml: found several/)],
  });
});

test('text that is no campaign is left to whoever reads it next', () => {
  for (const text of ['- a list', 'a: [', ''])
    expect(filePeakCampaign(text, 'c.yaml', {})).toMatchObject({ ok: true, text });
});

test('a script that brings its own rates has none to search', () => {
  const own = 'mine: { k6: { script: a.ts, options: own } }';
  const kept = campaignOf(textOf(filePeakCampaign(`name: c\ntargets: { t: { null: {} }, ${own} }\n`, 'c.yaml', {})));
  expect(kept.targets.map(({ name }) => name)).toEqual(['t']);
  expect(filePeakCampaign(`name: c\ntargets: { ${own} }\n`, 'c.yaml', {})).toEqual({
    ok: false,
    problems: [
      'c.yaml: found mine, whose script brings its own rates (options: own), expected a target whose rates the campaign gives',
    ],
  });
});
