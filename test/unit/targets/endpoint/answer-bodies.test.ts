import { expect, test } from 'vitest';
import { AnswerBodies } from '../../../../src/targets/endpoint/answer-bodies.ts';

const add = (bodies: AnswerBodies, place: number, text: string): void => {
  const bytes = Buffer.from(`..${text}..`);
  bodies.add(place, bytes, 2, bytes.length - 2);
  bytes.fill('x');
};

test('a body is put together from its pieces, each place for itself, and the next one begins anew', () => {
  const bodies = new AnswerBodies();
  for (const piece of ['an', 'sw', 'er']) add(bodies, 1, piece);
  add(bodies, 0, 'other');
  expect([bodies.take(1), bodies.take(0), bodies.take(1)].map(String)).toEqual(['answer', 'other', '']);
  add(bodies, 1, 'given up');
  bodies.drop(1);
  add(bodies, 1, 'next');
  expect(String(bodies.take(1))).toBe('next');
});

test('no more of a body is kept than is looked at, however much comes', () => {
  const bodies = new AnswerBodies(5);
  for (const piece of ['abc', 'def', 'ghi']) add(bodies, 0, piece);
  expect(String(bodies.take(0))).toBe('abcde');
  add(bodies, 0, 'new');
  expect(String(bodies.take(0))).toBe('new');
});
