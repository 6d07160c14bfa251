import { expect, test } from 'vitest';
import { seconds } from '../../../../src/time/ns.ts';
import { overdueIndex, overdueLimits } from '../../../../src/verdict/window/overdue-limits.ts';
import { atLeast, errorsBelow, largestBelow, latencyBelow, overWindow } from '../../../support/cells.ts';

const timeoutNs = seconds(5);
const over = (of: ReturnType<typeof latencyBelow>) => overWindow(of, seconds(10));

test('the ages of a cell are the limits of its windows, each once, and the timeout of an error rate', () => {
  const errors = over(errorsBelow(0.05));
  const slow = { ...over(latencyBelow(0.99, 100, 'service')), comparison: '<=' as const };
  const objectives = [latencyBelow(0.5, 1), over(latencyBelow(0.95, 100)), over(largestBelow(100)), errors, slow];
  const cell = { objectives, timeoutNs };
  expect(overdueLimits(cell)).toEqual([
    { metric: 'response', limitNs: 100e6 },
    { metric: 'response', limitNs: 5e9 },
    { metric: 'service', limitNs: 100e6 + 1 },
  ]);
  expect(overdueIndex(cell, errors)).toBe(1);
  expect(overdueIndex(cell, slow)).toBe(2);
});

test('without windows nothing is counted', () => {
  expect(overdueLimits({ objectives: [latencyBelow(0.95, 100), errorsBelow(0.05)], timeoutNs })).toEqual([]);
  const rate = over(atLeast('throughput', 100));
  expect(() => overdueIndex({ objectives: [rate], timeoutNs }, rate)).toThrow('no age is counted');
});
