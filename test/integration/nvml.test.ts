import { afterEach, describe, expect } from 'vitest';
import { METRICS, type MetricName } from '../../src/gpu/metric.ts';
import { openNvml } from '../../src/gpu/nvml/nvml-source.ts';
import type { Reading } from '../../src/gpu/reading.ts';
import type { Source } from '../../src/gpu/source.ts';
import { NvmlStub } from '../support/nvml-stub.ts';
import { testWith } from '../support/tools.ts';

const EVERYTHING: ReadonlySet<MetricName> = new Set(Object.keys(METRICS) as MetricName[]);
const opened: { stub: NvmlStub; source: Source | null }[] = [];
let nowNs = 0;

function sourceOf(...kind: ConstructorParameters<typeof NvmlStub>): { stub: NvmlStub; source: Source } {
  const stub = new NvmlStub(...kind);
  Object.assign(process.env, stub.env);
  const found = openNvml({ nowNs: () => nowNs, env: process.env }, stub.path);
  if (found.kind !== 'open') throw new Error(found.why);
  opened.push({ stub, source: found.source });
  return { stub, source: found.source };
}

afterEach(() => {
  for (const { stub, source } of opened.splice(0)) {
    source?.close();
    stub.remove();
  }
});

const short = (reading: Reading | undefined): number | string | undefined =>
  reading?.kind === 'number' ? reading.value : reading?.reason;

function readings(source: Source, device = 0): Record<string, number | string | undefined> {
  const sample = source.take(EVERYTHING)[device];
  return Object.fromEntries(Object.entries(sample?.readings ?? {}).map(([name, reading]) => [name, short(reading)]));
}

describe('NVML', () => {
  testWith('cc', 'a healthy A100 tells everything in the metrics’ own units, and no activity', () => {
    const { source } = sourceOf('a100', 2);
    const [first, second] = source.inventory().devices;
    expect(first?.device).toEqual({
      uuid: 'GPU-00000000-0000-4000-8000-000000000000',
      index: 0,
      parent: null,
      name: 'NVIDIA A100-SXM4-40GB',
    });
    expect(second?.busId).toBe('00000000:11:00.0');
    expect(source.inventory()).toMatchObject({ driver: '550.54.15', cuda: '12.4' });
    const clockLimits = { highest: { value: 1410 }, application: { value: 1275 } };
    expect(source.inventory().devices[0]).toMatchObject({ clockLimits, powerLimits: { requested: { value: 400 } } });
    const told = readings(source);
    expect(told['power.draw']).toBeGreaterThan(159);
    expect(told['power.draw']).toBeLessThan(241);
    expect(told).toMatchObject({
      'power.instant': 'not_supported',
      'power.limit': 400,
      'clock.sm': 1410,
      'clock.memory': 1215,
      'temperature.gpu': 54,
      'temperature.memory': 61,
      'utilization.gpu': 0.35,
      'memory.total': 40 * 2 ** 30,
      'memory.used': 2 * 2 ** 30,
      events: 1,
      'throttled.thermalHardware': 0,
      'ecc.uncorrected': 0,
      xid: 0,
    });
    expect(told).not.toHaveProperty('activity.sm');
  });

  testWith('cc', 'MIG instances tell their own memory and leave power, clocks and energy to their GPU', () => {
    const { source } = sourceOf('a100-mig', 1);
    const devices = source.inventory().devices.map(({ device }) => device);
    expect(devices.map(({ name }) => name)).toEqual(['NVIDIA A100-SXM4-40GB', '3g.20gb', '1g.5gb']);
    expect(devices[1]?.parent).toBe(devices[0]?.uuid);
    expect(readings(source, 0)['utilization.gpu']).toBe('not_supported');
    expect(readings(source, 1)).toEqual({ 'memory.total': 40 * 2 ** 30, 'memory.used': 2 * 2 ** 30 });
  });

  testWith('cc', 'an H100 tells its activity between two looks at its counters, never closer than 100 ms', () => {
    const { source } = sourceOf('h100', 1);
    nowNs = 1e9;
    expect(readings(source)).not.toHaveProperty('activity.sm');
    nowNs += 50e6;
    expect(readings(source)).not.toHaveProperty('activity.sm');
    nowNs += 500e6;
    expect(readings(source)).toMatchObject({
      'activity.sm': 0.02,
      'activity.tensor': 0.05,
      'activity.dram': 0.1,
      'pcie.sent': 20 * 2 ** 20,
      'nvlink.sent': 'not_supported',
    });
  });

  testWith('cc', 'a GPU that is lost while it is read says so of every value, and its neighbour goes on', () => {
    const { source, stub } = sourceOf('a100', 2);
    stub.behave('lost=1');
    const lost = readings(source, 1);
    expect(lost['power.draw']).toBe('gpu_lost');
    expect(lost.energy).toBe('gpu_lost');
    expect(lost['throttled.powerCap']).toBe('gpu_lost');
    expect(readings(source, 0)['power.limit']).toBe(400);
  });

  testWith('cc', 'a GPU that is lost before it is opened is counted and missing, not absent', () => {
    const stub = new NvmlStub('a100', 2);
    stub.behave('gone=1');
    Object.assign(process.env, stub.env);
    const found = openNvml({ nowNs: () => nowNs, env: process.env }, stub.path);
    opened.push({ stub, source: found.kind === 'open' ? found.source : null });
    if (found.kind !== 'open') throw new Error(found.why);
    expect(found.source.inventory().devices).toHaveLength(2);
    expect(short(found.source.take(EVERYTHING)[1]?.readings['power.draw'])).toBe('gpu_lost');
  });

  testWith('cc', 'a counter that needs a right is missing for want of it; processes are then not told', () => {
    const { source, stub } = sourceOf('a100', 1);
    stub.behave('denied');
    expect(readings(source)['ecc.uncorrected']).toBe('no_permission');
    expect(source.processes()).toBeNull();
  });

  testWith('cc', 'throttling, an XID error and a foreign process are told', () => {
    const { source, stub } = sourceOf('a100', 1);
    stub.behave('throttling xid=79 foreign=4242');
    const told = readings(source);
    expect(told.events).toBe(0x48);
    expect(told['throttled.thermalHardware']).toBeGreaterThan(0);
    expect(told.xid).toBe(79);
    expect(source.processes()?.map(({ pid }) => pid)).toContain(4242);
  });

  testWith('cc', 'a process on a MIG instance is told of that instance, and not of its GPU once more', () => {
    const { source, stub } = sourceOf('a100-mig', 1);
    stub.behave('foreign=4242');
    const told = source.processes()?.map(({ device, pid }) => [device.slice(0, 3), device.slice(-1), pid === 4242]);
    expect(told).toEqual([
      ['MIG', '0', false],
      ['MIG', '1', true],
    ]);
  });

  testWith('cc', 'a driver that has only the old names is read by them', () => {
    const { source } = sourceOf('a100', 1, 'old');
    expect(readings(source)['power.limit']).toBe(400);
  });

  testWith('cc', 'a library that is not there is said to be so in one sentence', () => {
    const found = openNvml({ nowNs: () => 0, env: {} }, '/nowhere/libnvidia-ml.so.1');
    expect(found.kind).toBe('unavailable');
    if (found.kind === 'unavailable')
      expect(found.why).toMatch(/^libnvidia-ml\.so\.1 cannot be loaded: cannot open shared object file/);
  });
});
