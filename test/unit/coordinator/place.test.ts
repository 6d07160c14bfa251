import { expect, test } from 'vitest';
import { type Holder, type Place, rule } from '../../../src/coordinator/place.ts';
import { ns } from '../../../src/time/ns.ts';

const holder: Holder = {
  epoch: 4,
  attempt: 2,
  nonce: 'mine',
  link: 1,
  node: 'node-a',
  placedNs: ns(0),
  heardNs: ns(0),
  isEnding: false,
  suspect: false,
  clock: null,
  clockJournaledNs: null,
};
const held: Place = { kind: 'held', holder };
const expected: Place = { kind: 'expected', attempt: 2, standing: { kind: 'asked', why: null } };
const vacant: Place = { kind: 'vacant', attempt: 2, why: 'nobody came' };

test.each([
  ['an earlier attempt', expected, 1, 'new', 'fenced'],
  ['the awaited attempt', expected, 2, 'new', 'admit'],
  ['a later attempt than the awaited', expected, 3, 'new', 'admit'],
  ['an earlier attempt than the holder', held, 1, 'mine', 'fenced'],
  ['the holder itself', held, 2, 'mine', 'welcome-back'],
  ['another process of the same attempt', held, 2, 'new', 'duplicate'],
  ['a later attempt than the holder', held, 3, 'new', 'admit'],
  ['the attempt that was given up', vacant, 2, 'new', 'fenced'],
  ['a later attempt than the one given up', vacant, 3, 'new', 'admit'],
  ['a place outside the fleet', undefined, 1, 'new', 'no-such-place'],
] as const)('%s finds %j', (_, place, attempt, nonce, outcome) => {
  const ruling = rule(place, { index: 0, attempt, nonce });
  expect(ruling.kind === 'refuse' ? ruling.code : ruling.kind).toBe(outcome);
});

test('a later attempt says whom it replaces', () => {
  expect(rule(held, { index: 0, attempt: 3, nonce: 'new' })).toEqual({ kind: 'admit', replaces: holder });
  expect(rule(expected, { index: 0, attempt: 3, nonce: 'new' })).toEqual({ kind: 'admit', replaces: null });
});
