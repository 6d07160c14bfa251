import { describe, expect, test } from 'vitest';
import { missing, numberReading } from '../../../src/gpu/reading.ts';
import { migInstance, wholeGpu } from '../../../src/gpu/recorded/device.ts';
import { bareFacts } from '../../../src/gpu/recorded/recording.ts';
import type { DeviceSample, SourceName } from '../../../src/gpu/sample.ts';
import { SourceChoice } from '../../../src/gpu/source-choice.ts';

const GPU = wholeGpu({ uuid: 'GPU-00000000-0000-4000-8000-000000000000', index: 0 });
const BY_INDEX = wholeGpu({ index: 0 });

const said = (source: SourceName, readings: DeviceSample['readings'], device = GPU): DeviceSample => ({
  source,
  device,
  atNs: 0,
  readings,
});

test('a metric is told by the first source in order of preference, and by no other beside it', () => {
  const choice = new SourceChoice(['nvml', 'dcgm-exporter']);
  expect(choice.admit(said('dcgm-exporter', { 'power.draw': numberReading(90) }))).not.toBeNull();
  expect(choice.admit(said('nvml', { 'power.draw': numberReading(100) }))).not.toBeNull();
  expect(choice.admit(said('dcgm-exporter', { 'power.draw': numberReading(91) }))).toBeNull();
});

test('a number takes over from a reason, and a reason never from a number of another source', () => {
  const choice = new SourceChoice(['nvml', 'dcgm-exporter']);
  choice.admit(said('nvml', { 'activity.sm': missing('not_supported') }));
  expect(choice.admit(said('dcgm-exporter', { 'activity.sm': numberReading(0.4) }))).not.toBeNull();
  expect(choice.admit(said('nvml', { 'activity.sm': missing('not_supported') }))).toBeNull();
});

test('a source that told numbers and now tells a reason is believed: no other stands in for it in the middle', () => {
  const choice = new SourceChoice(['nvml', 'dcgm-exporter']);
  choice.admit(said('nvml', { 'power.draw': numberReading(100) }));
  expect(choice.admit(said('nvml', { 'power.draw': missing('gpu_lost') }))).not.toBeNull();
  expect(choice.admit(said('dcgm-exporter', { 'power.draw': numberReading(90) }))).toBeNull();
  choice.ended('nvml');
  expect(choice.admit(said('dcgm-exporter', { 'power.draw': numberReading(90) }))).not.toBeNull();
});

test('a GPU that a tool names by its index is the one that stands there', () => {
  const choice = new SourceChoice(['nvml', 'dcgmi']);
  choice.know([bareFacts(GPU)]);
  expect(choice.admit(said('dcgmi', { 'activity.sm': numberReading(0.4) }, BY_INDEX))?.device.uuid).toBe(GPU.uuid);
});

describe('a MIG instance that an exporter names by its GPU and its number there', () => {
  const driver = migInstance(GPU.uuid, { uuid: 'MIG-0000-a', index: 0, gpuInstance: '7', computeInstance: '0' });
  const page = migInstance(GPU.uuid, { gpuInstance: '7', profile: '3g.20gb' });
  const sm = said('dcgm-exporter', { 'activity.sm': numberReading(0.4) }, page);

  test('is the one that the driver lists there', () => {
    const choice = new SourceChoice(['nvml', 'dcgm-exporter']);
    choice.know([bareFacts(GPU), { ...bareFacts(driver), gpuInstance: '7' }]);
    expect(choice.admit(sm)?.device).toEqual(driver);
    expect(choice.named({ driver: null, cuda: null, devices: [bareFacts(page)] }).devices[0]?.device).toEqual(driver);
  });

  test('stands for itself where nobody lists it, or several compute instances share it', () => {
    const choice = new SourceChoice(['nvml', 'dcgm-exporter']);
    const second = migInstance(GPU.uuid, { uuid: 'MIG-0000-b', index: 1, gpuInstance: '7', computeInstance: '1' });
    expect(choice.admit(sm)?.device).toEqual(page);
    choice.know([driver, second].map((device) => ({ ...bareFacts(device), gpuInstance: '7' })));
    expect(choice.admit(sm)?.device).toEqual(page);
  });
});

test('what no source ever told of a device is known, and what one told once is not forgotten when it ends', () => {
  const choice = new SourceChoice(['nvml', 'dcgm-exporter']);
  choice.admit(said('nvml', { 'power.draw': numberReading(100), 'power.instant': missing('not_supported') }));
  choice.admit(said('dcgm-exporter', { 'activity.sm': numberReading(0.4) }));
  choice.ended('dcgm-exporter');
  const untold = choice.untold(GPU.uuid);
  expect(untold).toEqual(expect.arrayContaining(['activity.tensor', 'xid']));
  for (const metric of ['power.draw', 'power.instant', 'activity.sm']) expect(untold).not.toContain(metric);
  expect(choice.untold('GPU-other')).toContain('power.draw');
});
