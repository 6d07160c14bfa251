import { expect, test } from 'vitest';
import { modulesOf, unallowedCode } from '../../../src/campaign/custom-plan.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { campaignOf, planContext, planOf, sentencesOf } from '../../support/campaigns.ts';

const text = (custom: string): string =>
  `name: n\ntargets: { own: { custom: ${custom} } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n`;

const environment = { VOCABULARY: '30522' };

test('a module, its options and its digest stand in the plan', () => {
  const campaign = text(
    '{ module: ./code/../sut.ts, options: { words: { env: VOCABULARY }, deep: [1, { on: true }] } }',
  );
  const plan = planOf(campaign, { environment });
  expect(plan.cells[0]?.spec).toEqual({
    kind: 'custom',
    module: { name: 'sut.ts', path: '/campaign/sut.ts', sha256: 'cd'.repeat(32) },
    options: { words: '30522', deep: [1, { on: true }] },
    batch: 1,
    openWithinNs: 60e9,
  });
  expect(plan.files).toEqual([{ path: '/campaign/sut.ts', sha256: 'cd'.repeat(32), bytes: 34 }]);
  expect(planText(plan)).toContain('target      custom: the code of sut.ts, 2 options, batch 1\n');
});

test('batch varies, and stands in the values of the cell', () => {
  const plan = planOf(`${text('{ module: sut.ts }')}vary: { batch: [1, 8] }\n`);
  expect(plan.cells.map(({ id, values }) => [id, values.batch])).toEqual([
    ['own/s[batch=1]', 1],
    ['own/s[batch=8]', 8],
  ]);
});

test.each([
  ['{ module: ../sut.ts }', "targets.own.custom.module: found ../sut.ts, expected a path inside the campaign's folder"],
  ['{ options: {} }', 'targets.own.custom.module: found nothing, expected text, for example sut.ts'],
  ['{ module: sut.ts, options: 3 }', 'targets.own.custom.options: found 3, expected a map of options'],
  ['{ module: sut.ts, options: { env: HOME } }', 'targets.own.custom.options: found a map, expected a map of options'],
  [
    '{ module: sut.ts, options: { a: [.nan] } }',
    'targets.own.custom.options.a[0]: found NaN, expected a value that JSON',
  ],
  [
    '{ module: sut.ts, options: { a: { env: NOPE } } }',
    'targets.own.custom.options.a: found the environment variable NOPE, which is not set',
  ],
  ['{ module: sut.ts, openWithin: 5m }', 'targets.own.custom.openWithin: found more than 240s, expected at most 240s'],
  ['{ modul: sut.ts }', 'targets.own.custom.modul: found the unknown key modul, did you mean module?'],
])('%s is refused', (custom, sentence) => {
  expect(sentencesOf(text(custom), { environment }).join('\n')).toContain(sentence);
});

test('a secret in the options is refused with the way that works, and its name is not read', () => {
  expect(sentencesOf(text('{ module: sut.ts, options: { key: { secret: { env: API_TOKEN } } } }'))).toEqual([
    'targets.own.custom.options.key: found a secret, which is not resolved in the options of a module; expected the ' +
      'module to read it itself, for example process.env.API_TOKEN',
  ]);
});

test('only code that a cell runs must be allowed', () => {
  const used = campaignOf(text('{ module: sut.ts }'));
  expect(unallowedCode(used)).toMatchObject([{ path: ['targets', 'own', 'custom', 'module'] }]);
  const unused = campaignOf(
    `${text('{ module: sut.ts }').replace('{ own:', '{ nothing: { null: {} }, own:')}cells: { except: [own/s] }\n`,
  );
  expect(unallowedCode(unused)).toEqual([]);
  expect(modulesOf(unused, 'inside')).toEqual([]);
});

test('a module that is not there is a mistake of the line that names it', () => {
  const campaign = campaignOf(text('{ module: sut.ts }'));
  const modules = new Map([['sut.ts', { ok: false, problem: 'found sut.ts, which is not there' } as const]]);
  expect(buildPlan(campaign, { ...planContext(campaign), modules })).toMatchObject({
    ok: false,
    mistakes: [{ path: 'targets.own.custom.module', line: 2, message: 'found sut.ts, which is not there' }],
  });
});
