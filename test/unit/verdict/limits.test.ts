import { expect, test } from 'vitest';
import { graceNs, latencyLimits, limitIndex, tightestLimitNs } from '../../../src/verdict/limits.ts';
import { errorsBelow, largestBelow, latencyBelow } from '../../support/cells.ts';

const p95 = latencyBelow(0.95, 100);
const p99 = latencyBelow(0.99, 100);
const service = latencyBelow(0.5, 20, 'service');
const largest = largestBelow(5000);
const all = [p95, errorsBelow(0.05), service, p99, largest];

test('each distinct latency limit is counted once, in the order of the objectives', () => {
  expect(latencyLimits(all)).toEqual([
    { metric: 'response', limitNs: 100e6 },
    { metric: 'service', limitNs: 20e6 },
    { metric: 'response', limitNs: 5000e6 },
  ]);
});

test('an objective finds its limit again, one without latency has none', () => {
  const limits = latencyLimits(all);
  expect(all.map((objective) => limitIndex(limits, objective))).toEqual([0, null, 1, 0, 2]);
});

test('a limit that was not counted is an error', () => {
  expect(() => limitIndex(latencyLimits([p95]), service)).toThrow('service.p50 < 20ms');
});

test('at most L is over from the next nanosecond on', () => {
  expect(latencyLimits([{ ...p95, comparison: '<=' }])).toEqual([{ metric: 'response', limitNs: 100e6 + 1 }]);
});

test('in time is as long after the end as the tightest response limit, else one second', () => {
  expect(graceNs(all)).toBe(100e6);
  expect(graceNs([service])).toBe(1e9);
  expect(graceNs([])).toBe(1e9);
});

test('the tightest latency limit is that of any metric', () => {
  expect(tightestLimitNs(all)).toBe(20e6);
  expect(tightestLimitNs([errorsBelow(0.05)])).toBeNull();
});
