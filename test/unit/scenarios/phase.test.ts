import { expect, test } from 'vitest';
import { infersPerRequest } from '../../../src/scenarios/phase.ts';
import { phasesOf } from '../../../src/scenarios/presets.ts';
import { seconds } from '../../../src/time/ns.ts';

const context = { warmupNs: seconds(1), places: 2 };

test('a request is one inference, and of a multi-stream as many as a bundle has', () => {
  const durationNs = seconds(1);
  expect(infersPerRequest(phasesOf({ kind: 'multiStream', infers: 8, durationNs, atLeast: null }, context))).toBe(8);
  expect(infersPerRequest(phasesOf({ kind: 'singleStream', durationNs, atLeast: null }, context))).toBe(1);
  expect(infersPerRequest(phasesOf({ kind: 'offline', requests: 9 }, context))).toBe(1);
  expect(infersPerRequest([])).toBe(1);
});
