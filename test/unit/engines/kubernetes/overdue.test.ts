import { expect, test } from 'vitest';
import { Overdue } from '../../../../src/engines/kubernetes/overdue.ts';
import { pod } from '../../../support/kubernetes-pods.ts';

test('a pod that is to end is overdue once its grace is well over, counted from when it was first seen so', () => {
  let nowMs = 100_000;
  const overdue = new Overdue(10_000, () => nowMs);
  const ending = pod('job', 0, { ending: 5 });
  const living = pod('job', 1);
  expect(overdue.is(ending)).toBe(false);
  nowMs += 15_000;
  expect(overdue.is(ending)).toBe(false);
  nowMs += 1;
  expect(overdue.is(ending)).toBe(true);
  expect(overdue.is(living)).toBe(false);
  expect(overdue.is(pod('job', 2, { ending: 0 })), 'another one').toBe(false);
});
