import { expect, test } from 'vitest';
import { parsePath, withOverlay, withSetting } from '../../../src/campaign/override.ts';
import { placeOf, readSource } from '../../../src/campaign/source-tree.ts';

const base = readSource('a: { b: 1, c: [1, 2] }\nd: x', 'base.yaml');
const overlay = (text: string) => withOverlay(base, { name: 'over.yaml', text });

test.each([
  ['a.b=5/s', { a: { b: '5/s', c: [1, 2] }, d: 'x' }],
  ['a.c[1]=9', { a: { b: 1, c: [1, 9] }, d: 'x' }],
  ['a.c[2]=7', { a: { b: 1, c: [1, 2, 7] }, d: 'x' }],
  ['x.y=[p, q]', { a: { b: 1, c: [1, 2] }, d: 'x', x: { y: ['p', 'q'] } }],
  ['d=null', { a: { b: 1, c: [1, 2] }, d: null }],
  ['d=a=b', { a: { b: 1, c: [1, 2] }, d: 'a=b' }],
  ['"v1.2".x=true', { a: { b: 1, c: [1, 2] }, d: 'x', 'v1.2': { x: true } }],
])('--set %s changes that one value', (setting, data) => {
  const changed = withSetting(base, setting);
  expect(changed.mistakes).toEqual([]);
  expect(changed.data).toEqual(data);
  expect(base.data).toEqual({ a: { b: 1, c: [1, 2] }, d: 'x' });
});

test.each(['d.e=1', 'a.c[4]=7', 'a.c.x=1', 'a[0]=1', 'novalue', 'a..b=1', '=3', 'a.b={', '__proto__.x=1', '[0]=1'])(
  '--set %s is refused at its own place',
  (setting) => {
    const { mistakes } = withSetting(base, setting);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]?.source).toBe(`--set ${setting}`);
    expect(mistakes[0]?.message).toMatch(/^found /);
  },
);

test('a value that was set stands where the option does', () => {
  const { places } = withSetting(base, 'a.c=[3]');
  expect(placeOf(places, ['a', 'c', 0])).toEqual({ source: '--set a.c=[3]', line: 1, column: 1 });
  expect(placeOf(places, ['a', 'b']).source).toBe('base.yaml');
});

test('an overlay merges maps, replaces the rest and removes with null', () => {
  expect(overlay('a: { b: null, q: 3 }\nd: [1]').data).toEqual({ a: { c: [1, 2], q: 3 }, d: [1] });
  expect(overlay('# nothing').data).toEqual(base.data);
  expect(placeOf(overlay('a: { q: 3 }').places, ['a', 'q']).source).toBe('over.yaml');
});

test('a path names keys, quoted keys and positions', () => {
  expect(parsePath('scenarios.load.objectives[2]')).toEqual(['scenarios', 'load', 'objectives', 2]);
  expect(parsePath('targets."v1.2".onnx')).toEqual(['targets', 'v1.2', 'onnx']);
  expect(parsePath('a.')).toBeNull();
  expect(parsePath('a[x]')).toBeNull();
  expect(parsePath('')).toBeNull();
});
