import { expect, test } from 'vitest';
import { missing, numberReading } from '../../../src/gpu/reading.ts';
import { wholeGpu } from '../../../src/gpu/recorded/device.ts';
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
