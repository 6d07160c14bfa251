import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify, parse as yaml } from 'yaml';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { parse, planContext } from '../../support/campaigns.ts';

const page = readFileSync('docs/campaign.md', 'utf8');

/** What stands around a block that shows a part of a campaign. */
const REST = {
  name: 'page',
  targets: { sleeper: { sleep: { constant: '5ms' } } },
  scenarios: { load: { load: { rate: '120/s', for: '20s' } } },
};
const REFUSED = /^# refused: (.+)$/m;

const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block = ''], index) => ({
  block: index + 1,
  sentence: REFUSED.exec(block)?.[1] ?? null,
  text: stringify({ ...REST, ...yaml(block, { stringKeys: true }) }),
}));
const accepted = blocks.filter(({ sentence }) => sentence === null);
const refused = blocks.filter(({ sentence }) => sentence !== null);

test('the page on the campaign language shows many campaigns, and some that are refused', () => {
  expect(accepted.length).toBeGreaterThan(15);
  expect(refused.length).toBeGreaterThan(3);
});

/** What is told before the start, by parsing or else by planning. */
function toldOf(text: string): readonly string[] {
  const parsed = parse(text, { environment: { MODEL_URL: 'http://127.0.0.1:8000' } });
  const planned = parsed.ok ? buildPlan(parsed.campaign, planContext(parsed.campaign)) : parsed;
  return planned.ok ? [] : planned.mistakes.map(({ path, message }) => `${path}: ${message}`);
}

test.each(accepted)('block $block of the page can be planned', ({ text }) => {
  expect(toldOf(text)).toEqual([]);
});

test.each(['docs/slurm.md', 'docs/kubernetes.md'])('the campaign of %s can be planned', (page) => {
  const [, block = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(readFileSync(page, 'utf8')) ?? [];
  expect(toldOf(block)).toEqual([]);
});

test('the campaign of deploy/kubernetes can be planned', () => {
  const { data } = yaml(readFileSync('deploy/kubernetes/campaign.yaml', 'utf8')) as { data: Record<string, string> };
  expect(toldOf(data['campaign.yaml'] ?? '')).toEqual([]);
});

test.each(refused)('block $block of the page is refused with the sentence shown', ({ text, sentence }) => {
  expect(toldOf(text)).toEqual([sentence]);
});

test('every key of a campaign, of a target and of a scenario stands on the page', () => {
  const { properties } = JSON.parse(readFileSync('schema/campaign.schema.json', 'utf8'));
  const keys = (schema: { anyOf?: object[]; oneOf?: object[]; properties?: object }): string[] => [
    ...Object.keys(schema.properties ?? {}),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(keys),
  ];
  const named = [
    ...Object.keys(properties),
    ...keys(properties.targets.additionalProperties),
    ...keys(properties.scenarios.additionalProperties),
  ];
  expect(named).toEqual(expect.arrayContaining(['telemetry', 'custom', 'multiStream']));
  for (const key of named) expect(page, key).toMatch(new RegExp(`\\b${key}\\b`));
});

test('every page that the page links to is there, and so is every heading of its own', () => {
  const links = [...page.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, link = '']) => link);
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(links.length).toBeGreaterThan(8);
  for (const link of links) {
    if (link.startsWith('#')) expect(headings).toContain(link.slice(1));
    else expect(existsSync(join('docs', link.replace(/#.*$/, ''))), link).toBe(true);
  }
});
