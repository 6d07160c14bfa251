import { expect, test } from 'vitest';
import { slotOf } from '../../../../src/agent/runner/slots.ts';
import { ns } from '../../../../src/time/ns.ts';
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

test('a phase that lasts for its requests has further slots of the same length, any other none', () => {
  const load = { kind: 'closed', inFlight: 1, thinkNs: ns(0) } as const;
  const goesOn = phase('closed', 0, 20, { ...load, atLeast: 9 });
  expect([19.5, 20, 20.9, 65].map((at) => slotOf(goesOn, at * 1e9))).toEqual([19, 20, 20, 65]);
  expect(slotOf(phase('closed', 0, 20, load), 20.9e9)).toBe(19);
});
