import { expect, test } from 'vitest';
import { alignment, nearest } from '../../../src/campaign/nearest.ts';

test.each([
  ['model', 'model', 0],
  ['modle', 'model', 1],
  ['mdel', 'model', 1],
  ['models', 'model', 1],
  ['modal', 'model', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
])('from %s to %s it takes %d edits', (a, b, edits) => {
  expect(alignment(a, b)).toBe(edits);
  expect(alignment(b, a)).toBe(edits);
});

test('the nearest name is found whatever its letter case', () => {
  expect(nearest('laod', ['load', 'soak', 'ramp'])).toBe('load');
  expect(nearest('Threads', ['threads', 'batch'])).toBe('threads');
  expect(nearest('singlestream', ['singleStream'])).toBe('singleStream');
});

test('a name that is near to none has no nearest', () => {
  expect(nearest('zebra', ['load', 'soak'])).toBeNull();
  expect(nearest('x', ['load'])).toBeNull();
  expect(nearest('for', ['to'])).toBeNull();
});

test('of equally near names the one that begins like it wins', () => {
  expect(nearest('cpu', ['gpu', 'cpus'])).toBe('cpus');
  expect(nearest('gpus', ['cpus', 'gpu'])).toBe('gpu');
});

test('of several near names the nearest wins', () => {
  expect(nearest('m/lode', ['m/load', 'm/lodes', 'n/load'])).toBe('m/lodes');
});

test('of names equally near the first known one wins', () => {
  expect(nearest('loat', ['load', 'loaf'])).toBe('load');
});
