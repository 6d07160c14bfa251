import type { MetricName } from '../metric.ts';
import { missing, numberReading, type Reading } from '../reading.ts';
import { FIELD, FieldValues } from './field-values.ts';
import type { Handle, NvmlLibrary } from './library.ts';
import { NVML, nvmlMissing } from './return-code.ts';

/** nvmlClockType_t, nvmlTemperatureSensors_t, nvmlMemoryErrorType_t, nvmlEccCounterType_t, nvmlPerfPolicyType_t. */
const CLOCK = { sm: 1, memory: 2 } as const;
const GPU_SENSOR = 0;
const ECC = { corrected: 0, uncorrected: 1 } as const;
const VOLATILE = 0;
const POLICY = { power: 0, syncBoost: 2 } as const;

const MILLI = 1e3;
const NANO = 1e9;

type Readings = Partial<Record<MetricName, Reading>>;

/** Metrics of one call of NVML, read together when one of them is wanted. */
interface Group {
  readonly metrics: readonly MetricName[];
  read(nvml: NvmlLibrary, device: Handle): readonly Reading[];
}

const one = (metric: MetricName, read: (nvml: NvmlLibrary, device: Handle) => Reading): Group => ({
  metrics: [metric],
  read: (nvml, device) => [read(nvml, device)],
});

/** Fields that are asked for in one call. */
function fields(entries: readonly (readonly [metric: MetricName, id: number, per: number])[]): Group {
  const values = new FieldValues(entries.map(([, id]) => id));
  const per = entries.map(([, , unit]) => unit);
  return {
    metrics: entries.map(([metric]) => metric),
    read: (nvml, device) => values.read(nvml, device, per),
  };
}

const utilization: Group = {
  metrics: ['utilization.gpu', 'utilization.memory'],
  read: (nvml, device) => {
    const rates = Buffer.alloc(8);
    const code = nvml.call('utilization', device, rates);
    if (code !== NVML.success) return [nvmlMissing(code), nvmlMissing(code)];
    return [numberReading(rates.readUInt32LE(0) / 100), numberReading(rates.readUInt32LE(4) / 100)];
  },
};

/** nvmlMemory_t: total, free, used. */
const memory: Group = {
  metrics: ['memory.total', 'memory.used'],
  read: (nvml, device) => {
    const bytes = Buffer.alloc(24);
    const code = nvml.call('memory', device, bytes);
    if (code !== NVML.success) return [nvmlMissing(code), nvmlMissing(code)];
    return [numberReading(Number(bytes.readBigUInt64LE(0))), numberReading(Number(bytes.readBigUInt64LE(16)))];
  },
};

const remapped: Group = {
  metrics: ['remapped.corrected', 'remapped.uncorrected'],
  read: (nvml, device) => {
    const [corrected, uncorrected, pending, failed] = [4, 4, 4, 4].map((size) => Buffer.alloc(size));
    if (corrected === undefined || uncorrected === undefined || pending === undefined || failed === undefined)
      return [];
    const code = nvml.call('remapped', device, corrected, uncorrected, pending, failed);
    if (code !== NVML.success) return [nvmlMissing(code), nvmlMissing(code)];
    return [numberReading(corrected.readUInt32LE(0)), numberReading(uncorrected.readUInt32LE(0))];
  },
};

/** nvmlViolationTime_t: reference time, violation time in ns. Of drivers that lack the field of the same counter. */
function violation(nvml: NvmlLibrary, device: Handle, policy: number): Reading {
  const times = Buffer.alloc(16);
  const code = nvml.call('violation', device, policy, times);
  return code === NVML.success ? numberReading(Number(times.readBigUInt64LE(8)) / NANO) : nvmlMissing(code);
}

const held = fields([
  ['throttled.powerCap', FIELD.heldByPowerCap, NANO],
  ['throttled.syncBoost', FIELD.heldBySyncBoost, NANO],
  ['throttled.thermalSoftware', FIELD.heldByThermalSoftware, NANO],
  ['throttled.thermalHardware', FIELD.heldByThermalHardware, NANO],
  ['throttled.powerBrake', FIELD.heldByPowerBrake, NANO],
]);

const isUnsupported = (reading: Reading): boolean => reading.kind === 'missing' && reading.reason === 'not_supported';

const throttled: Group = {
  metrics: held.metrics,
  read: (nvml, device) => {
    const readings = held.read(nvml, device);
    const [powerCap = missing('not_collected'), syncBoost = missing('not_collected'), ...others] = readings;
    return [
      isUnsupported(powerCap) ? violation(nvml, device, POLICY.power) : powerCap,
      isUnsupported(syncBoost) ? violation(nvml, device, POLICY.syncBoost) : syncBoost,
      ...others,
    ];
  },
};

/** Whole GPUs. */
const GPU_GROUPS: readonly Group[] = [
  one('power.draw', (nvml, device) => nvml.u32('power', MILLI, device)),
  fields([
    ['power.instant', FIELD.powerInstant, MILLI],
    ['power.average', FIELD.powerAverage, MILLI],
  ]),
  one('power.limit', (nvml, device) => nvml.u32('powerLimit', MILLI, device)),
  one('energy', (nvml, device) => nvml.u64('energy', MILLI, device)),
  one('clock.sm', (nvml, device) => nvml.u32('clock', 1, device, CLOCK.sm)),
  one('clock.memory', (nvml, device) => nvml.u32('clock', 1, device, CLOCK.memory)),
  one('clock.smLimit', (nvml, device) => nvml.u32('clockLimit', 1, device, CLOCK.sm)),
  one('temperature.gpu', (nvml, device) => nvml.u32('temperature', 1, device, GPU_SENSOR)),
  fields([['temperature.memory', FIELD.memoryTemperature, 1]]),
  utilization,
  memory,
  one('events', (nvml, device) => nvml.u64('events', 1, device)),
  throttled,
  one('ecc.uncorrected', (nvml, device) => nvml.u64('ecc', 1, device, ECC.uncorrected, VOLATILE)),
  one('ecc.corrected', (nvml, device) => nvml.u64('ecc', 1, device, ECC.corrected, VOLATILE)),
  remapped,
];

/** What NVML tells of a MIG instance itself; all else is its GPU's. */
const MIG_GROUPS: readonly Group[] = [memory];

/** Reads the wanted metrics of a device, and what comes with them in the same call. */
export function deviceReadings(
  nvml: NvmlLibrary,
  device: Handle,
  kind: 'gpu' | 'mig',
  wanted: ReadonlySet<MetricName>,
): Readings {
  const readings: Readings = {};
  for (const group of kind === 'gpu' ? GPU_GROUPS : MIG_GROUPS) {
    if (!group.metrics.some((metric) => wanted.has(metric))) continue;
    const found = group.read(nvml, device);
    group.metrics.forEach((metric, place) => {
      const reading = found[place];
      if (reading !== undefined && wanted.has(metric)) readings[metric] = reading;
    });
  }
  return readings;
}
