import { expect } from 'vitest';
import { numberOf } from '../../../../src/gpu/reading.ts';
import { readRecording } from '../../../../src/gpu/recorded/read-recording.ts';
import { realRecordings, recordingOf, shortReadings } from '../../../support/gpu-recordings.ts';
import { testWith } from '../../../support/tools.ts';

const MIB = 2 ** 20;

/** Every figure below was read in the recording by eye. */
const recorded = (title: string, body: () => void): void => testWith('GPU recordings', title, body);

recorded('an A100 in four MIG instances, of four GPUs that its driver counts', () => {
  const recording = recordingOf(realRecordings, 'xml/a100-sxm4-80gb-mig4-drv535.54.03-v12.xml');
  expect(recording).toMatchObject({ format: 'nvidia-smi-xml', driver: '535.54.03', cuda: '12.2' });
  expect(shortReadings(recording)).toEqual({
    'power.draw': 67.03,
    'power.limit': 500,
    'clock.sm': 1275,
    'clock.memory': 1593,
    'clock.smLimit': 1410,
    'temperature.gpu': 27,
    'temperature.memory': 44,
    'utilization.gpu': 'not_supported',
    'utilization.memory': 'not_supported',
    'memory.used': 50 * MIB,
    'memory.total': 81_920 * MIB,
    'pcie.sent': 4e6,
    'pcie.received': 0,
    'remapped.corrected': 'not_supported',
    'remapped.uncorrected': 'not_supported',
    'ecc.uncorrected': 0,
    'ecc.corrected': 0,
    events: 0,
  });
  const parent = 'GPU-513536b6-7d19-9063-b049-1e69664bb298';
  expect(recording.samples.slice(1).map(({ device }) => device)).toEqual(
    [3, 4, 5, 6].map((instance, index) => ({ uuid: `MIG-${parent}/${instance}/0`, index, parent, name: null })),
  );
  expect(shortReadings(recording, 4)).toEqual({ 'memory.used': 12 * MIB, 'memory.total': 19_968 * MIB });
  expect(recording.findings.map(({ code }) => code)).toEqual(['count-mismatch']);
});

recorded('a T4 with two processes, power under its old name', () => {
  const recording = recordingOf(realRecordings, 'xml/tesla-t4-drv515.105.01-v11.xml');
  expect(shortReadings(recording)).toMatchObject({
    'power.draw': 26.78,
    'power.limit': 70,
    'clock.sm': 585,
    'clock.memory': 5000,
    'temperature.gpu': 40,
    'temperature.memory': 'not_supported',
    'memory.used': 1032 * MIB,
    'remapped.uncorrected': 'not_supported',
  });
  expect(recording.processes.map(({ pid, name, type, usedBytes }) => [pid, name, type, numberOf(usedBytes)])).toEqual([
    [675, '/usr/lib/xorg/Xorg', 'graphics', 22 * MIB],
    [5762, 'python', 'compute', 1005 * MIB],
  ]);
});

recorded('an RTX 3080 in the newest schema: average and instant power, counters, deprecated values', () => {
  const readings = shortReadings(recordingOf(realRecordings, 'xml/rtx-3080-drv595.58.03-v13.xml'));
  expect(readings).toMatchObject({
    'power.average': 139.62,
    'power.instant': 142.33,
    'power.limit': 320,
    'utilization.gpu': 0.65,
    'utilization.memory': 0.09,
    'throttled.thermalHardware': 0,
    'ecc.uncorrected': 'not_supported',
  });
  expect(readings['power.draw']).toBeUndefined();
});

recorded('a Pascal card keeps its power in a document of schema v12, a card of 2017 what little it tells', () => {
  expect(shortReadings(recordingOf(realRecordings, 'xml/quadro-p2000-v12.xml'))).toMatchObject({ 'power.draw': 4.61 });
  expect(shortReadings(recordingOf(realRecordings, 'xml/gtx-1070-ti-minimal.xml'))).toEqual({
    'power.draw': 'not_supported',
    'clock.sm': 135,
    'clock.memory': 405,
    'temperature.gpu': 39,
    'utilization.gpu': 0,
    'utilization.memory': 0,
    'memory.used': 42 * MIB,
    'memory.total': 4096 * MIB,
  });
});

recorded('an H100 under load as CSV', () => {
  const recording = recordingOf(realRecordings, 'csv/h100-query-gpu.load.csv');
  expect(shortReadings(recording)).toEqual({
    'power.draw': 631.95,
    'power.average': 631.95,
    'power.instant': 625.68,
    'power.limit': 700,
    'clock.sm': 1980,
    'clock.memory': 2619,
    'clock.smLimit': 1980,
    'temperature.gpu': 59,
    'temperature.memory': 54,
    'utilization.gpu': 1,
    'utilization.memory': 0.11,
    'memory.used': 19_818 * MIB,
    'memory.total': 81_559 * MIB,
    events: 0,
    'throttled.powerCap': 0,
    'throttled.syncBoost': 0,
    'throttled.thermalSoftware': 0,
    'throttled.thermalHardware': 0,
    'throttled.powerBrake': 0,
    'ecc.corrected': 0,
    'ecc.uncorrected': 0,
    'remapped.corrected': 0,
    'remapped.uncorrected': 0,
  });
  expect(recording.time).toMatchObject({ kind: 'local', first: '2026/07/14 08:12:53.353' });
  expect(recording.devices[0]).toMatchObject({ busId: '00000000:00:09.0', migMode: 'Disabled', eccMode: 'Enabled' });
});

recorded('an H100 cut into MIG instances tells no utilisation and no remapped rows', () => {
  expect(shortReadings(recordingOf(realRecordings, 'csv/h100-mig-query-gpu.load.csv'))).toMatchObject({
    'power.draw': 433.78,
    'power.instant': 447.35,
    'utilization.gpu': 'not_supported',
    'remapped.uncorrected': 'not_supported',
    'memory.used': 11_125 * MIB,
  });
  const text = recordingOf(realRecordings, 'text/h100-mig-q.load.txt');
  expect(shortReadings(text)).toMatchObject({
    'power.average': 432.21,
    'power.instant': 444.72,
    'temperature.memory': 58,
    'pcie.sent': 9_139_000,
    'pcie.received': 19_191_000,
  });
  expect(text.samples.map(({ readings }) => numberOf(readings['memory.used']))).toEqual(
    [11_125, 11_091, 17, 9, 9].map((mib) => mib * MIB),
  );
  expect(text.processes.map(({ pid, device }) => [pid, device.slice(-4)])).toEqual([
    [21180, '/2/0'],
    [21181, '/2/0'],
    [21198, '/2/0'],
  ]);
});

recorded('an L40S counts its power cap in microseconds and has no memory sensor', () => {
  expect(shortReadings(recordingOf(realRecordings, 'csv/l40s-query-gpu.load.csv'))).toMatchObject({
    'throttled.powerCap': 204.642816,
    'temperature.memory': 'not_supported',
    'power.draw': 110.23,
    'power.instant': 112.38,
    'utilization.gpu': 0.09,
    'clock.sm': 2520,
  });
});

recorded('a capture joins its sections: the UUIDs of -L, the processes of -q, the series of dmon', () => {
  const mig = recordingOf(realRecordings, 'captures/linux-x86_64__nvidia-h100-mig__590.48.01.txt');
  expect(mig.devices.map(({ device }) => device.name)).toEqual([
    'NVIDIA H100 80GB HBM3',
    '3g.40gb',
    '2g.20gb',
    '1g.10gb',
    '1g.10gb',
  ]);
  expect(mig.processes.map(({ pid, device, usedBytes }) => [pid, device, numberOf(usedBytes)])).toEqual([
    [21180, 'MIG-00000000-0000-0000-0000-000000000000', 2296 * MIB],
    [21181, 'MIG-00000000-0000-0000-0000-000000000000', 1272 * MIB],
    [21198, 'MIG-00000000-0000-0000-0000-000000000000', 7484 * MIB],
  ]);
  const whole = recordingOf(realRecordings, 'captures/linux-x86_64__nvidia-h100-80gb-hbm3__590.48.01.txt');
  expect(whole.devices).toHaveLength(1);
  // Idle and under load: -q and CSV once each, dmon five times each.
  expect(whole.samples).toHaveLength(14);
  expect(whole.processes.map(({ pid }) => pid)).toEqual([11327, 11328, 11345]);
});

recorded('dmon under MIG tells no activity', () => {
  const mig = recordingOf(realRecordings, 'dmon/h100-mig-dmon.load.txt');
  expect(mig.samples.map(({ readings }) => numberOf(readings['power.draw']))).toEqual([438, 440, 437, 439, 439]);
  expect(shortReadings(mig)).toMatchObject({ 'utilization.gpu': 'not_supported', 'clock.sm': 1980 });
  expect(shortReadings(recordingOf(realRecordings, 'dmon/h100-dmon.load.txt'), 4)).toMatchObject({
    'power.draw': 636,
    'temperature.gpu': 65,
    'temperature.memory': 59,
    'utilization.gpu': 1,
    'utilization.memory': 0.09,
  });
  expect(recordingOf(realRecordings, 'dmon/h100-mig-pmon.load.txt').processes).toHaveLength(3);
});

recorded('dcgm-exporter: an A100 and its instance, a T4, a vGPU, eight H100, and values for none', () => {
  const a100 = recordingOf(realRecordings, 'dcgm/a100-mig-1g.5gb-loaded.prom');
  expect(shortReadings(a100)).toEqual({
    'clock.sm': 1215,
    'clock.memory': 1215,
    'temperature.memory': 69,
    'temperature.gpu': 61,
    'power.draw': 409.692,
    energy: 319_159.391,
    xid: 0,
    'memory.used': 4845 * MIB,
    'activity.graphics': 0.99563,
    'activity.tensor': 0.92926,
    'activity.dram': 0.690789,
    'pcie.sent': 33_011_804,
    'pcie.received': 97_863_601,
  });
  expect(a100.samples[1]?.device).toMatchObject({ parent: a100.samples[0]?.device.uuid, name: '1g.5gb' });
  expect(shortReadings(a100, 1)).toMatchObject({ 'activity.tensor': 0.930433, 'activity.dram': 0.800339 });
  expect(shortReadings(recordingOf(realRecordings, 'dcgm/t4-loaded-no-help.prom'))).toMatchObject({
    'utilization.gpu': 0.91,
    'activity.graphics': 0.156205,
    'power.draw': 68.244,
    energy: 15_152_422.938,
    'temperature.memory': 'not_supported',
  });
  const vgpu = shortReadings(recordingOf(realRecordings, 'dcgm/vgpu-grid-a100-40c.prom'));
  expect(vgpu).toEqual({
    'clock.sm': 1410,
    'clock.memory': 1215,
    'temperature.memory': 'not_supported',
    'utilization.gpu': 0,
    'utilization.memory': 0,
    'memory.used': 0,
  });
  const h100 = recordingOf(realRecordings, 'dcgm/h100x8-k8s-pod-labels.prom');
  expect(h100.samples.map(({ readings }) => numberOf(readings['power.draw']))).toEqual([
    113.611, 68.347, 65.709, 67.316, 68.717, 65.742, 67.328, 66.997,
  ]);
  expect(h100.samples.map(({ readings }) => readings['utilization.memory'] !== undefined)).toEqual([
    ...Array.from({ length: 6 }, () => true),
    false,
    false,
  ]);
  const blank = shortReadings(recordingOf(realRecordings, 'dcgm/readme-int64-blank-sentinel.prom'));
  expect(blank).toEqual({ 'clock.sm': 139, 'clock.memory': 405, 'temperature.memory': 'not_supported' });
});

recorded('a series keeps its own time, in whichever zone it was recorded', () => {
  const step = recordingOf(realRecordings, 'timeseries/a100-transient-step.csv');
  expect(step.time).toEqual({ kind: 'local', first: '2023/07/14 10:10:26.905', seconds: 16.722 });
  expect(step.samples).toHaveLength(1245);
  expect(step.samples[1]?.atNs).toBe(15e6);
  expect(step.samples.every(({ readings }) => numberOf(readings['power.draw']) !== null)).toBe(true);
  const eight = recordingOf(realRecordings, 'timeseries/8gpu-iso-timestamps-sample.csv');
  expect(eight.time).toMatchObject({ kind: 'utc', first: '2025-09-24T03:48:33.493Z' });
  expect(eight.devices.map(({ device }) => device.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(shortReadings(eight, 1)).toEqual({ 'temperature.gpu': 60, 'utilization.gpu': 1, 'power.draw': 422.55 });
});

recorded('every recording is read, but for lists that no GPU tool prints; none has an odd row or an odd value', () => {
  const unread = realRecordings.filter(({ text }) => readRecording(text) === null).map(({ name }) => name);
  expect(unread).toEqual([
    'errors/error-strings.tsv',
    'timeseries/a100-lms-50pct-duty.kernel-timestamps.csv',
    'timeseries/a100-transient-step.kernel-timestamps.csv',
  ]);
  for (const { name, text } of realRecordings) {
    const recording = readRecording(text);
    const codes = recording?.findings.map(({ code }) => code) ?? [];
    expect(codes, name).not.toContain('malformed-row');
    expect(codes, name).not.toContain('malformed');
    expect(codes, name).not.toContain('unknown-unit');
    const readings = recording?.samples.flatMap((sample) => Object.values(sample.readings)) ?? [];
    expect(readings, name).not.toContainEqual({ kind: 'missing', reason: 'parse_error' });
  }
});
