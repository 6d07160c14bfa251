import { expect, test } from 'vitest';
import { PLAIN_SESSION } from '../../../src/campaign/target-spec.ts';
import { onDeviceOf, visibleDevices } from '../../../src/targets/devices.ts';

const spec = (providers: readonly string[], deviceId?: number) => ({
  providers,
  session: { ...PLAIN_SESSION, providerOptions: deviceId === undefined ? {} : { cuda: { deviceId } } },
});
const TWO = visibleDevices({ CUDA_VISIBLE_DEVICES: 'GPU-a, GPU-b' });
const deviceOf = (worker: number, devices = TWO, asked = spec(['cuda', 'cpu'])) =>
  onDeviceOf(asked, worker, devices).session.providerOptions.cuda?.deviceId;

test('workers are dealt to the devices of their agent in turn', () => {
  expect(TWO).toEqual(['GPU-a', 'GPU-b']);
  expect([0, 1, 2, 3].map((worker) => deviceOf(worker))).toEqual([0, 1, 0, 1]);
  expect(onDeviceOf(spec(['tensorrt', 'cuda']), 1, TWO).session.providerOptions).toEqual({
    cuda: { deviceId: 1 },
    tensorrt: { deviceId: 1 },
  });
});

test('a device that the campaign names stays, and so does a session where there is nothing to choose', () => {
  expect(deviceOf(1, TWO, spec(['cuda'], 0))).toBe(0);
  expect(deviceOf(1, visibleDevices({ CUDA_VISIBLE_DEVICES: 'GPU-a' }))).toBeUndefined();
  expect(deviceOf(1, visibleDevices({}))).toBeUndefined();
  expect(onDeviceOf(spec(['cpu']), 1, TWO)).toEqual(spec(['cpu']));
});
