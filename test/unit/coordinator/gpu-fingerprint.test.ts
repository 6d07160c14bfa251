import { expect, test } from 'vitest';
import { gpuFingerprint } from '../../../src/coordinator/gpu-fingerprint.ts';
import { missing, numberReading } from '../../../src/gpu/reading.ts';
import { migInstance } from '../../../src/gpu/recorded/device.ts';
import { bareFacts, type DeviceFacts } from '../../../src/gpu/recorded/recording.ts';
import { GPU } from '../../support/observed.ts';

const facts: DeviceFacts = {
  ...bareFacts(GPU),
  architecture: 'Ampere',
  eccMode: 'Enabled',
  powerLimits: { requested: numberReading(300) },
  clockLimits: { highest: numberReading(1410), application: missing('not_supported') },
};
const instance = bareFacts(migInstance(GPU.uuid, { index: 0, profile: '1g.5gb' }));
const inventory = (devices: readonly DeviceFacts[]) => ({
  driver: '550.54.15',
  cuda: '12.4',
  devices,
  sources: [],
  refused: [],
});

test('a fingerprint says what a GPU is and how it is set, and not which one it is', () => {
  const fingerprint = gpuFingerprint(inventory([facts, instance]));
  expect(fingerprint).toMatchObject({
    driver: '550.54.15',
    cuda: '12.4',
    devices: [
      {
        name: 'A100',
        architecture: 'Ampere',
        eccMode: 'Enabled',
        powerLimitWatts: 300,
        highestClockMHz: 1410,
        applicationClockMHz: null,
        instances: ['1g.5gb'],
      },
    ],
  });
  expect(JSON.stringify(fingerprint)).not.toContain(GPU.uuid);
});

test('what was recorded before clocks were leaves them out', () => {
  const { clockLimits: _, ...earlier } = facts;
  const [device] = gpuFingerprint(inventory([earlier as DeviceFacts])).devices as readonly object[];
  expect(device).not.toHaveProperty('highestClockMHz');
});
