import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { campaignFiles } from '../../support/campaigns.ts';
import { accepts, type JsonSchema } from '../../support/json-schema.ts';

const published = JSON.parse(readFileSync('schema/campaign.schema.json', 'utf8')) as JsonSchema;
const editorAccepts = (text: string): boolean => accepts(published, parseYaml(text, { stringKeys: true }), published);

test.each([...campaignFiles('campaigns'), ...campaignFiles('test/golden/campaigns/good')])(
  'an editor accepts $name by the published schema',
  ({ text }) => {
    expect(editorAccepts(text)).toBe(true);
  },
);

test.each(['typing-errors', 'too-many', 'wrong-kinds'])('an editor sees what is wrong in %s.yaml', (name) => {
  expect(editorAccepts(readFileSync(`test/golden/campaigns/bad/${name}.yaml`, 'utf8'))).toBe(false);
});

test('every campaign shipped names the schema in its first line', () => {
  for (const { name, text } of campaignFiles('campaigns')) {
    expect(text.split('\n')[0], name).toBe('# yaml-language-server: $schema=../schema/campaign.schema.json');
  }
});

test('every key of the language is described', () => {
  const nameless: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties } = node as {
      readonly properties?: Record<
        string,
        { readonly description?: string; readonly anyOf?: readonly { description?: string }[] }
      >;
    };
    for (const [key, value] of Object.entries(properties ?? {})) {
      const described = value.description ?? value.anyOf?.[0]?.description;
      if (described === undefined && !path.endsWith('ramp')) nameless.push(`${path}.${key}`);
    }
    for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
  };
  visit({ properties: published.properties }, '');
  expect(nameless).toEqual([]);
});
