import { expect, test } from 'vitest';
import { sourceTree } from '../../../src/campaign/parse.ts';
import { withSearch } from '../../../src/cli/added-search.ts';

const SMALL = 'targets: { a: { null: {} }, b: { null: {} } }\nscenarios: { load: { load: { rate: 50/s, for: 9s } } }\n';
const searched = (text: string, given: readonly string[] = []) =>
  withSearch(given, (settings) => sourceTree(text, 'c.yaml', { overlays: [], settings }).data);

test('a search is added before the settings that may change it', () => {
  expect(searched(SMALL, ['scenarios.peak.peak.every=2s'])).toEqual([
    'scenarios.peak={ peak: { from: 10/s, until: 10240/s, every: 10s }, warmup: 2s }',
    'retryInvalid=2',
    'scenarios.peak.peak.every=2s',
  ]);
});

test('a choice of cells gets the search for each target that it names, wherever it was made', () => {
  const choice = 'cells.only=["a/load","a/peak"]';
  expect(searched(`${SMALL}cells: { only: [a/load] }`).at(-1)).toBe(choice);
  expect(searched(SMALL, ['cells.only=[a/load]']).at(-1)).toBe(choice);
  expect(searched(SMALL, ['cells.only=[a/load, b/load, a/peak]']).at(-1)).toBe('cells.only=[a/load, b/load, a/peak]');
  expect(searched(`${SMALL}cells: { except: [b/load] }`)).toHaveLength(2);
});

test('a script with scenarios of its own is no target of a search', () => {
  const text = `${SMALL.replace('b: { null: {} }', 'b: { k6: { script: x.js, options: own } }')}cells: { only: [a/load, b/own] }`;
  expect(searched(text).at(-1)).toBe('cells.only=["a/load","b/own","a/peak"]');
});

test('a campaign that searches already keeps its search, and gets it where its choice leaves it out', () => {
  const own = SMALL.replace('scenarios: {', 'scenarios: { most: { peak: { from: 5/s, until: 90/s, every: 8s } },');
  expect(searched(own, ['trials=2'])).toEqual(['trials=2']);
  expect(searched(`${own}cells: { only: [b/load] }`)).toEqual(['cells.only=["b/load","b/most"]']);
});

test('another scenario named peak is not replaced, more repetitions are kept, and a guard bounds the search', () => {
  const text = `${SMALL.replace('load: { load', 'peak: { load')}retryInvalid: 5\nguard: { rate: 200/s }\n`;
  expect(searched(text)).toEqual(['scenarios.peak-2={ peak: { from: 10/s, until: 200/s, every: 10s }, warmup: 2s }']);
});
