import { expect, test } from 'vitest';
import { slotOf } from '../../../../src/agent/runner/slots.ts';
import { openLoad, phase } from '../../../support/trial-spec.ts';

test('a phase of 20 slots of one second is cut at whole seconds', () => {
  const load = phase('load', 5, 20, openLoad(1, 20));
  expect([5e9, 6e9 - 1, 6e9, 24.999e9].map((at) => slotOf(load, at))).toEqual([0, 0, 1, 19]);
});

test.for([20, 100, 180, 3600])('an arrival at a whole second of %i s lies in the slot that begins there', (forS) => {
  const load = { ...phase('load', 0, forS, openLoad(1, forS)), slots: forS };
  const misplaced = Array.from({ length: forS }, (_, s) => s).filter((s) => slotOf(load, s * 1e9) !== s);
  expect(misplaced).toEqual([]);
});

test('an instant on or beyond an edge by rounding stays inside the phase', () => {
  const load = phase('load', 0, 20, openLoad(1, 20));
  expect([-1, 20e9, 21e9].map((at) => slotOf(load, at))).toEqual([0, 19, 19]);
  expect(slotOf(phase('offline', 0, 0, { kind: 'atOnce', count: 1 }), 0)).toBe(0);
});
