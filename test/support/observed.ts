import type { MetricName } from '../../src/gpu/metric.ts';
import type {
  DeviceObservation,
  HostSecond,
  NodeInventory,
  NodeObservation,
  Series,
} from '../../src/gpu/observation.ts';
import { wholeGpu } from '../../src/gpu/recorded/device.ts';
import { bareFacts } from '../../src/gpu/recorded/recording.ts';

export const GPU = wholeGpu({ uuid: 'GPU-00000000-0000-4000-8000-000000000000', index: 0, name: 'A100' });

/** Readings every `everyMs` from 3 s before the start to 3 s after a trial of `seconds`: `value` by the second. */
export function readings(value: (second: number) => number, everyMs = 200, seconds = 20): Series {
  const atNs: number[] = [];
  for (let ms = -3000; ms <= (seconds + 3) * 1000; ms += everyMs) atNs.push(ms * 1e6);
  return { source: 'nvml', atNs, values: atNs.map((at) => value(at / 1e9)) };
}

/** A GPU that drew 200 W throughout, at a steady clock, 54 °C, idle at 60 W before. */
export function healthyGpu(more: Partial<DeviceObservation> = {}): DeviceObservation {
  const before = Array.from({ length: 50 }, (_, at) => -20e9 + at * 200e6);
  return {
    device: GPU,
    series: {
      'power.draw': readings(() => 200),
      energy: readings((s) => 1000 + 200 * s, 1000),
      'clock.sm': readings(() => 1410),
      'temperature.gpu': readings(() => 54, 1000),
      'utilization.gpu': readings(() => 0.9, 1000),
      'memory.total': readings(() => 40e9, 1000),
      'memory.used': readings(() => 2e9, 1000),
      events: readings(() => 0),
      xid: readings(() => 0, 1000),
      'ecc.uncorrected': readings(() => 0, 1000),
      'throttled.powerCap': readings(() => 7, 1000),
      'throttled.thermalSoftware': readings(() => 3, 1000),
      'throttled.thermalHardware': readings(() => 1, 1000),
      'throttled.powerBrake': readings(() => 0, 1000),
    },
    lacks: {},
    before: {
      'power.draw': { source: 'nvml', atNs: before, values: before.map(() => 60) },
      'utilization.gpu': { source: 'nvml', atNs: before, values: before.map(() => 0) },
    },
    ...more,
  };
}

/** The same with other readings of some metrics. */
export const gpuWith = (series: Partial<Record<MetricName, Series>>): DeviceObservation => {
  const healthy = healthyGpu();
  return { ...healthy, series: { ...healthy.series, ...series } };
};

export const hostSecond = (second: number, more: Partial<HostSecond> = {}): HostSecond => ({
  atNs: second * 1e9,
  cores: [0.4, 0.6],
  cpu: 0.5,
  steal: 0,
  throttledUs: 0,
  pressureCpu: 0.1,
  pressureMemory: 0,
  pressureIo: 0,
  memoryAvailableBytes: 8e9,
  agentRssBytes: 1e8,
  runnerRssBytes: 2e8,
  loopDelayP99Ms: 1,
  contextSwitches: 5000,
  receivedBytes: 1000,
  sentBytes: 1000,
  packageJoules: 30,
  ...more,
});

/** A node with these GPUs, watched throughout a trial of 20 s. */
export function nodeOf(devices: readonly DeviceObservation[], more: Partial<NodeObservation> = {}): NodeObservation {
  const inventory: NodeInventory = {
    driver: '550.54.15',
    cuda: '12.4',
    devices: devices.map(({ device }) => bareFacts(device)),
    sources: [{ name: 'nvml', fault: null }],
    refused: [],
  };
  return {
    agent: 0,
    inventory,
    gpusAtFirst: devices.filter(({ device }) => device.parent === null).length,
    devices,
    processes: [],
    gaps: [],
    cost: { cpuS: 0.2, wallS: 20, ticks: 100, lateP99Ns: 1e6, lateMaxNs: 2e6 },
    host: Array.from({ length: 21 }, (_, second) => hostSecond(second)),
    pages: [],
    exporters: [],
    ...more,
  };
}
