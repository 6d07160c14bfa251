import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { mistakeLine, mistakeWithLine } from '../../../src/campaign/mistake.ts';
import { campaignFiles, campaignOf, mistakesOf, parse, sentencesOf } from '../../support/campaigns.ts';
import { SHARED, testWith } from '../../support/tools.ts';

/** The paths that the first line of a bad campaign names, in the order of the file. */
const expectedPaths = (text: string): string[] => {
  const [head = ''] = text.split('\n');
  return head
    .replace(/^# /, '')
    .split(' · ')
    .map((path) => (path === '(the whole file)' ? '' : path));
};

describe('campaigns in the language', () => {
  test.each([...campaignFiles('test/golden/campaigns/good'), ...campaignFiles('campaigns')])(
    '$name is accepted',
    ({ text }) => {
      expect(parse(text)).toMatchObject({ ok: true });
    },
  );

  test.each(campaignFiles('test/golden/campaigns/bad'))(
    '$name is refused with every mistake at its place',
    ({ text }) => {
      const mistakes = mistakesOf(text);
      expect(mistakes.map(({ path }) => path).toSorted()).toEqual(expectedPaths(text).toSorted());
      for (const { line, column, message, source } of mistakes) {
        expect(message).toMatch(/^found .+(expected|did you mean) /);
        expect(source).toBe('campaign.yaml');
        expect([line, column].every((at) => Number.isInteger(at) && at >= 1)).toBe(true);
      }
    },
  );
});

const samples = (folder: string) => campaignFiles(fileURLToPath(new URL(folder, SHARED)));

testWith('sample campaigns', 'every sample campaign is accepted as it is', () => {
  const files = samples('campaigns');
  expect(files.length).toBeGreaterThan(0);
  for (const { name, text } of files) expect(parse(text), name).toMatchObject({ ok: true });
});

testWith('sample campaigns', 'every mistaken sample campaign is refused at the places that its head names', () => {
  const places = samples('campaigns/bad').map(({ name, text }) => [
    name,
    mistakesOf(text).map(({ path, line }) => `${path}@${line}`),
  ]);
  expect(Object.fromEntries(places)).toMatchObject({
    'escape.yaml': ['targets.m.onnx.model@3'],
    'objective.yaml': ['objectives[0]@5', 'objectives[1]@5', 'objectives[2]@5', 'objectives[3]@5'],
    'units.yaml': ['scenarios.load.load.rate@4', 'scenarios.load.load.for@4', 'warmup@5', 'timeout@6'],
    'not-yaml.yaml': ['@5'],
    'impossible.yaml': ['scenarios.low@4'],
    'names.yaml': ['targets.m.onnx.modle@3', 'scenarios.load.laod@4', 'cells.only[0]@5'],
    'empty.yaml': ['name@1', 'targets@1', 'scenarios@1'],
    'duplicate.yaml': ['scenarios.load@6'],
  });
});

const LEAST = 'name: least\ntargets: { n: { null: {} } }\nscenarios: { l: { load: { rate: 200/s, for: 10s } } }\n';

test('what is not written has the defaults of the language', () => {
  expect(campaignOf(LEAST)).toMatchObject({
    description: null,
    objectives: null,
    cells: { kind: 'all' },
    vary: [],
    order: 'interleaved',
    fleet: { engine: 'local', agents: 1, workers: 1, pacing: 'precise', backlog: null, onLossWaitNs: 60e9 },
    trials: 1,
    retryInvalid: 0,
    warmupNs: 5e9,
    drainNs: 10e9,
    timeoutNs: 5e9,
    seed: null,
    overrides: [],
    scenarios: [{ name: 'l', law: 'poisson', warmupNs: null, objectives: null, judge: true }],
  });
});

test('targets and scenarios keep the order of the file, whatever their names', () => {
  const campaign = campaignOf(
    'name: order\ntargets: { b: { null: {} }, 8: { null: {} }, a: { null: {} }, 1: { null: {} } }\nscenarios: { z: { load: { rate: 200/s, for: 9s } }, 3: { load: { rate: 200/s, for: 9s } } }',
  );
  expect(campaign.targets.map(({ name }) => name)).toEqual(['b', '8', 'a', '1']);
  expect(campaign.scenarios.map(({ name }) => name)).toEqual(['z', '3']);
});

test('an environment variable stands wherever a plain value may', () => {
  const text = `name: { env: NAME }
targets: { m: { onnx: { model: { env: MODEL }, threads: { env: THREADS } } } }
scenarios: { l: { load: { rate: { env: RATE }, for: 10s }, judge: { env: JUDGE } } }
objectives: [{ env: OBJECTIVE }]
labels: { env: kept, run: { env: RUN } }
vary: { workers: [{ env: THREADS }] }`;
  const environment = {
    NAME: 'n',
    MODEL: 'tiny-mlp',
    THREADS: '4',
    RATE: '50/s',
    JUDGE: 'false',
    OBJECTIVE: 'errors < 1%',
    RUN: '0012',
  };
  expect(campaignOf(text, { environment })).toMatchObject({
    name: 'n',
    targets: [{ target: { options: { model: 'tiny-mlp', threads: 4 } } }],
    scenarios: [{ judge: false, preset: { options: { rate: 50 } } }],
    objectives: { objectives: [{ text: 'errors < 1%' }] },
    labels: { env: 'kept', run: '0012' },
    vary: [[['workers', 4]]],
  });
});

test('a mistaken part of vary does not hide what is wrong with the others', () => {
  expect(sentencesOf(`${LEAST}vary: { workers: [], agnets: [1], agents: [0, 2] }`)).toEqual([
    expect.stringMatching(/^vary\.workers: found an empty list/),
    'vary.agnets: found the key agnets, did you mean agents?',
    expect.stringMatching(/^vary\.agents\[0\]: found 0, expected a whole number/),
  ]);
  expect(sentencesOf(`${LEAST}vary: [{ workers: 0 }, 3, { agnets: 1 }]`)).toEqual([
    expect.stringMatching(/^vary\[0\]\.workers: found 0/),
    expect.stringMatching(/^vary\[1\]: found 3, expected a map/),
    'vary[2].agnets: found the key agnets, did you mean agents?',
  ]);
});

test('a variable that is not set, or holds what does not fit, is told at its place', () => {
  const text = LEAST.replace('200/s', '{ env: RATE }');
  expect(sentencesOf(text)).toEqual([
    'scenarios.l.load.rate: found the environment variable RATE, which is not set; expected it to hold the value',
  ]);
  expect(sentencesOf(text, { environment: { RATE: '5' } })).toEqual([
    'scenarios.l.load.rate: found 5, expected a rate with its unit, for example 5/s',
  ]);
});

test('a secret stays a reference', () => {
  const text =
    'name: s\ntargets: { a: { http: { url: "http://h", headers: { authorization: { secret: { env: T } } } } } }\nscenarios: { l: { load: { rate: 200/s, for: 9s } } }';
  const campaign = campaignOf(text, { environment: { T: 'hunter2' } });
  expect(campaign.targets[0]?.target.options).toMatchObject({
    headers: { authorization: { secret: { kind: 'env', options: 'T' } } },
  });
  expect(JSON.stringify(campaign)).not.toContain('hunter2');
});

test('overlays and settings change the campaign, in this order, and are recorded', () => {
  const campaign = campaignOf(LEAST, {
    overlays: [{ name: 'o.yaml', text: 'trials: 2\nfleet: { agents: 2 }' }],
    settings: ['fleet.agents=3', 'scenarios.l.load.rate=50/s'],
  });
  expect(campaign).toMatchObject({
    trials: 2,
    fleet: { agents: 3 },
    overrides: ['--with o.yaml', '--set fleet.agents=3', '--set scenarios.l.load.rate=50/s'],
  });
  expect(campaign.scenarios[0]?.preset.options).toMatchObject({ rate: 50 });
});

test('a mistake says which source brought it', () => {
  const mistakes = mistakesOf(LEAST, {
    overlays: [{ name: 'o.yaml', text: '\nfleet: { agents: 0 }' }],
    settings: ['trials=none'],
  });
  expect(mistakes.map(mistakeLine)).toEqual([
    'o.yaml:2:10: fleet.agents: found 0, expected a whole number from 1 to 10000, for example 2',
    '--set trials=none:1:1: trials: found none, expected a whole number from 1 to 10000, for example 3',
  ]);
});

test('a backlog that no agent can hold is refused before anything starts', () => {
  expect(mistakesOf(LEAST, { settings: ['fleet.backlog=2097151'] }).map(mistakeLine)).toEqual([
    '--set fleet.backlog=2097151:1:1: fleet.backlog: found 2097151, expected a whole number from 0 to 2097150, for example 1000',
  ]);
  expect(campaignOf(LEAST, { settings: ['fleet.backlog=2097150'] }).fleet.backlog).toBe(2_097_150);
});

test('a mistake is shown with its line and a caret', () => {
  const text = LEAST.replace('10s', '10x');
  const [mistake] = mistakesOf(text);
  if (mistake === undefined) throw new Error('no mistake');
  const [, line, caret] = mistakeWithLine(mistake, text).split('\n');
  expect(line).toBe('    scenarios: { l: { load: { rate: 200/s, for: 10x } } }');
  expect(caret?.indexOf('^')).toBe(line?.indexOf('for:'));
});

test('a mistake in one place hides none in another, and brings no false one', () => {
  expect(sentencesOf(LEAST.replace('null: {}', 'nul: {}').replace('200/s', '0/s'))).toEqual([
    'targets.n.nul: found the unknown key nul, did you mean null?',
    'scenarios.l.load.rate: found 0/s, expected a rate above zero, for example 50/s',
  ]);
  const wrongTarget = `${LEAST.replace('null: {}', 'nul: {}')}vary: { onnx.threads: [1] }\ncells: { only: [n/l] }`;
  expect(sentencesOf(wrongTarget)).toEqual(['targets.n.nul: found the unknown key nul, did you mean null?']);
});

test('what leads outside or above the guard is accepted where that is allowed', () => {
  const outside =
    'name: o\ntargets: { m: { onnx: { model: /models/m.onnx } } }\nscenarios: { l: { load: { rate: 200/s, for: 9s } } }\nguard: { rate: 100/s }';
  expect(mistakesOf(outside)).toHaveLength(2);
  expect(parse(outside, { reach: 'anywhere', guard: 'lifted' })).toMatchObject({ ok: true });
});

test('a seed is any unsigned 64-bit number', () => {
  expect(campaignOf(`${LEAST}seed: 18446744073709551615`).seed).toBe('18446744073709551615');
  expect(campaignOf(`${LEAST}seed: "007"`).seed).toBe('7');
  expect(sentencesOf(`${LEAST}seed: 18446744073709551616`)).toHaveLength(1);
  expect(sentencesOf(`${LEAST}seed: 1.5`)).toHaveLength(1);
});

test('objectives may be called SLA targets', () => {
  expect(campaignOf(`${LEAST}slaTargets: [errors < 1%]`).objectives).toMatchObject({
    key: 'slaTargets',
    objectives: [{ text: 'errors < 1%' }],
  });
});

test('names that every object inherits are names like any other', () => {
  const campaign = campaignOf(
    'name: inherited\ntargets: { constructor: { null: {} } }\nscenarios: { toString: { load: { rate: 200/s, for: 9s } } }\nlabels: { valueOf: x }',
    { settings: ['labels.hasOwnProperty=y', 'scenarios.constructor.load={ rate: 300/s, for: 1s }'] },
  );
  expect(campaign.scenarios.map(({ name }) => name)).toEqual(['toString', 'constructor']);
  expect(campaign.labels).toEqual({ valueOf: 'x', hasOwnProperty: 'y' });
  expect(
    sentencesOf(
      `${LEAST}constructor: 1\nfleet: { toString: { a: 1 } }\nobjectives: [constructor < 1]\ntrials: { env: toString }`,
    ),
  ).toEqual([
    expect.stringContaining('constructor: found the unknown key constructor'),
    expect.stringContaining('fleet.toString: found the unknown key toString'),
    expect.stringContaining('objectives[0]: found the indicator constructor'),
    expect.stringContaining('trials: found the environment variable toString, which is not set'),
  ]);
});
