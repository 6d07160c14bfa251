import { expect, test } from 'vitest';
import { placeOf, readSource } from '../../../src/campaign/source-tree.ts';

const messages = (text: string): string[] => readSource(text, 'c.yaml').mistakes.map(({ message }) => message);

test('values come with the line and column of their keys', () => {
  const { data, places, mistakes } = readSource('name: x\nlist:\n  - a: 1\n  - b\n', 'c.yaml');
  expect(mistakes).toEqual([]);
  expect(data).toEqual({ name: 'x', list: [{ a: 1 }, 'b'] });
  expect(placeOf(places, ['list', 0, 'a'])).toEqual({ source: 'c.yaml', line: 3, column: 5 });
  expect(placeOf(places, ['list', 1])).toEqual({ source: 'c.yaml', line: 4, column: 5 });
});

test('what is missing stands where the map around it does', () => {
  const { places } = readSource('a:\n  b: 1\n', 'c.yaml');
  expect(placeOf(places, ['a', 'c', 'd'])).toEqual({ source: 'c.yaml', line: 1, column: 1 });
  expect(placeOf(places, ['z'])).toEqual({ source: 'c.yaml', line: 1, column: 1 });
});

test('a key given twice is told at its second place, and the first value stays', () => {
  const { data, mistakes } = readSource('a: 1\nb: { c: 1, c: 2 }\na: 3\na: 4\n', 'c.yaml');
  expect(data).toEqual({ a: 1, b: { c: 1 } });
  expect(mistakes.map(({ path, line }) => `${path}@${line}`)).toEqual(['b.c@2', 'a@3', 'a@4']);
  expect(mistakes[0]?.message).toBe('found a second time, first on line 2; expected each key once');
});

test('of a syntax error the first place is told and nothing else', () => {
  const { mistakes, unreadable } = readSource('a: {\nb: ]\nc: }', 'c.yaml');
  expect(unreadable).toBe(true);
  expect(mistakes).toMatchObject([{ path: '', line: 2, column: 1 }]);
});

test('keys that look like other values are text', () => {
  expect(readSource('null: {}\ntrue: 1\n8: 2\n', 'c.yaml').data).toEqual({ null: {}, true: 1, 8: 2 });
});

test('a whole number beyond 2^53 stays exact', () => {
  expect(readSource('seed: 18446744073709551615', 'c.yaml').data).toEqual({ seed: 18446744073709551615n });
});

test('anchors are followed, and lead neither in circles nor into explosions', () => {
  expect(readSource('a: &x { r: 1 }\nb: *x', 'c.yaml').data).toEqual({ a: { r: 1 }, b: { r: 1 } });
  expect(messages('a: &x [*x]')).toEqual([expect.stringContaining('too deeply nested')]);
  expect(messages('a: *nowhere')).toEqual([expect.stringContaining('expected the name of an anchor')]);
  const bomb = Array.from(
    { length: 20 },
    (_, i) =>
      `l${i}: &l${i} [${Array(9)
        .fill(i === 0 ? '1' : `*l${i - 1}`)
        .join(', ')}]`,
  ).join('\n');
  expect(messages(bomb)).toEqual([expect.stringContaining('too many')]);
});

test.each([
  ['['.repeat(20_000), 'nested too deeply'],
  ['a: 1\n---\nb: 2', 'expected one campaign in a file'],
  ['a: !secret x', 'Unresolved tag'],
  ['? [a]\n: 3', 'all keys must be strings'],
  ['__proto__: 3', 'expected another name'],
  [`a: ${'x'.repeat(1 << 20)}`, 'expected a campaign of at most'],
])('%.30j is refused with a sentence', (text, part) => {
  expect(messages(text)).toEqual([expect.stringContaining(part)]);
});

test('an empty text holds nothing and is no mistake', () => {
  expect(readSource('# nothing\n', 'c.yaml')).toMatchObject({ data: null, mistakes: [], unreadable: false });
});
