import { expect, test } from 'vitest';
import { Plausibility } from '../../../src/gpu/plausibility.ts';
import { numberReading } from '../../../src/gpu/reading.ts';
import { wholeGpu } from '../../../src/gpu/recorded/device.ts';
import type { DeviceSample } from '../../../src/gpu/sample.ts';

const sample = (readings: DeviceSample['readings']): DeviceSample => ({
  source: 'nvml',
  device: wholeGpu({ index: 0 }),
  atNs: null,
  readings,
});

const powerAt = (plausibility: Plausibility, seconds: number, watts: number, utilization: number) =>
  plausibility.check(
    sample({ 'power.draw': numberReading(watts), 'utilization.gpu': numberReading(utilization) }),
    seconds * 1e9,
  ).readings['power.draw']?.kind;

test('power that stands still for more than two seconds under load is stale, until it moves', () => {
  const plausibility = new Plausibility();
  expect([0, 1, 2, 2.1, 3].map((at) => powerAt(plausibility, at, 217.3, 0.97))).toEqual([
    'number',
    'number',
    'number',
    'missing',
    'missing',
  ]);
  expect(powerAt(plausibility, 3.2, 217.4, 0.97)).toBe('number');
});

test('an idle GPU may draw the same for long', () => {
  const plausibility = new Plausibility();
  expect([0, 5, 10].map((at) => powerAt(plausibility, at, 52, 0))).toEqual(['number', 'number', 'number']);
  expect(powerAt(plausibility, 11, 52, 0.95)).toBe('number');
});

test('activity of 0 beside a utilisation of 90 % is a fault of the reader, and no idle GPU', () => {
  const plausibility = new Plausibility();
  const check = (utilization: number, sm: number) =>
    plausibility.check(
      sample({
        'utilization.gpu': numberReading(utilization),
        'activity.sm': numberReading(sm),
        'activity.tensor': numberReading(0),
      }),
      0,
    ).readings;
  expect(check(0.9, 0)['activity.sm']).toEqual({ kind: 'missing', reason: 'not_collected' });
  expect(check(0.9, 0)['activity.tensor']?.kind).toBe('missing');
  expect(check(0.9, 0.4)['activity.tensor']?.kind).toBe('number');
  expect(check(0.89, 0)['activity.sm']?.kind).toBe('number');
});
