import { expect, test } from 'vitest';
import { PowerPace } from '../../../../src/agent/sampler/power-pace.ts';
import { numberReading } from '../../../../src/gpu/reading.ts';
import { wholeGpu } from '../../../../src/gpu/recorded/device.ts';
import type { DeviceSample } from '../../../../src/gpu/sample.ts';

const sample = (index: number, readings: DeviceSample['readings']): DeviceSample => ({
  source: 'nvidia-smi',
  device: wholeGpu({ uuid: `GPU-0000-000${index}`, index }),
  atNs: null,
  readings,
});
const power = (index = 0): DeviceSample => sample(index, { 'power.draw': numberReading(100) });
const MS = 1e6;

/** Of a GPU whose power is read at these milliseconds. */
function paceAt(...at: readonly number[]): PowerPace {
  const pace = new PowerPace();
  for (const ms of at) pace.saw(power(), ms * MS);
  return pace;
}

test('a stream owes the reading after an instant, as long as it keeps its pace and that is soon enough', () => {
  expect(paceAt(0, 200).owes(300 * MS, 800 * MS)).toBe(true);
  expect(paceAt(0, 200).owes(200 * MS, 800 * MS), 'it is there').toBe(false);
  expect(paceAt(0, 200).owes(650 * MS, 1150 * MS), 'it has fallen silent').toBe(false);
  expect(paceAt(0, 1000).owes(1100 * MS, 1600 * MS), 'it comes too late').toBe(false);
  expect(paceAt(0).owes(100 * MS, 600 * MS), 'nobody knows when').toBe(false);
});

test('each GPU is waited for, and for its power alone', () => {
  const pace = paceAt(0, 200, 400);
  pace.saw(power(1), 0);
  pace.saw(power(1), 190 * MS);
  expect(pace.owes(300 * MS, 800 * MS)).toBe(true);
  pace.saw(sample(1, { 'temperature.gpu': numberReading(50) }), 350 * MS);
  expect(pace.owes(300 * MS, 800 * MS)).toBe(true);
  pace.saw(power(1), 380 * MS);
  expect(pace.owes(300 * MS, 800 * MS)).toBe(false);
});
