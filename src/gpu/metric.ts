/**
 * What is known of a metric whatever reads it.
 *
 * - `gauge`: the state at an instant. `counter`: only its change means something. `bits`: a mask of event reasons.
 * - `pace`: how often it is worth reading. `fast`: 200 ms; `activity`: 500 ms; `slow`: 1 s; `boundary`: 1 s and exactly
 *   at every phase boundary.
 */
export interface Metric {
  readonly unit: 'W' | 'J' | 'MHz' | '°C' | 'ratio' | 'bytes' | 'bytes/s' | 's' | 'count' | 'code' | 'mask';
  readonly kind: 'gauge' | 'counter' | 'bits';
  readonly pace: 'fast' | 'activity' | 'slow' | 'boundary';
  /** The words under which people read it. */
  readonly label: string;
}

const gauge = (unit: Metric['unit'], pace: Metric['pace'], label: string): Metric => ({
  unit,
  kind: 'gauge',
  pace,
  label,
});
const counter = (unit: Metric['unit'], label: string): Metric => ({ unit, kind: 'counter', pace: 'boundary', label });

/**
 * Every metric of a GPU or of one of its MIG instances, by its name in results. A source translates into these names and
 * units and adds none of its own.
 */
export const METRICS = {
  'power.draw': gauge('W', 'fast', 'power draw as the driver reports it (H100: mean of one second)'),
  'power.instant': gauge('W', 'fast', 'power draw at the instant'),
  'power.average': gauge('W', 'slow', 'power draw, mean of one second'),
  'power.limit': gauge('W', 'slow', 'enforced power limit'),
  energy: counter('J', 'energy since the driver was loaded'),
  'clock.sm': gauge('MHz', 'fast', 'clock of the streaming multiprocessors'),
  'clock.memory': gauge('MHz', 'fast', 'memory clock'),
  'clock.smLimit': gauge('MHz', 'slow', 'highest clock of the streaming multiprocessors'),
  'temperature.gpu': gauge('°C', 'slow', 'temperature of the GPU'),
  'temperature.memory': gauge('°C', 'slow', 'temperature of its memory'),
  'utilization.gpu': gauge('ratio', 'slow', 'share of time in which some kernel was present'),
  'utilization.memory': gauge('ratio', 'slow', 'share of time in which memory was read or written'),
  'memory.used': gauge('bytes', 'slow', 'memory in use'),
  'memory.total': gauge('bytes', 'slow', 'memory'),
  'activity.graphics': gauge('ratio', 'activity', 'share of time in which the compute or graphics engine was busy'),
  'activity.sm': gauge('ratio', 'activity', 'share of multiprocessors with a warp resident'),
  'activity.occupancy': gauge('ratio', 'activity', 'resident warps over the most possible'),
  'activity.tensor': gauge('ratio', 'activity', 'share of cycles in which tensor cores were busy'),
  'activity.dram': gauge('ratio', 'activity', 'share of cycles in which memory sent or received data'),
  'activity.fp16': gauge('ratio', 'activity', 'share of cycles in which the FP16 pipe was busy'),
  'activity.fp32': gauge('ratio', 'activity', 'share of cycles in which the FP32 pipe was busy'),
  'activity.fp64': gauge('ratio', 'activity', 'share of cycles in which the FP64 pipe was busy'),
  'pcie.sent': gauge('bytes/s', 'slow', 'bytes sent over PCIe'),
  'pcie.received': gauge('bytes/s', 'slow', 'bytes received over PCIe'),
  'nvlink.sent': gauge('bytes/s', 'slow', 'bytes sent over NVLink'),
  'nvlink.received': gauge('bytes/s', 'slow', 'bytes received over NVLink'),
  events: { unit: 'mask', kind: 'bits', pace: 'fast', label: 'reasons that hold clocks down (NVML bits)' },
  'throttled.powerCap': counter('s', 'time held down by the software power cap'),
  'throttled.thermalSoftware': counter('s', 'time held down by software for its temperature'),
  'throttled.thermalHardware': counter('s', 'time held down by hardware for its temperature'),
  'throttled.powerBrake': counter('s', 'time held down by the power brake'),
  'throttled.syncBoost': counter('s', 'time held down by its synchronised group'),
  'ecc.uncorrected': counter('count', 'uncorrected memory errors since the driver was loaded'),
  'ecc.corrected': counter('count', 'corrected memory errors since the driver was loaded'),
  'remapped.uncorrected': counter('count', 'memory rows remapped for uncorrected errors'),
  'remapped.corrected': counter('count', 'memory rows remapped for corrected errors'),
  xid: gauge('code', 'slow', 'last XID error; it stays, so that only its change within a window counts'),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;

/** NVML's clock event reasons: nvml.h, nvmlClocksEventReason*. GpuIdle and application clocks are no throttling. */
export const EVENT_BITS = {
  gpuIdle: 0x1,
  applicationClocks: 0x2,
  powerCap: 0x4,
  hardwareSlowdown: 0x8,
  syncBoost: 0x10,
  thermalSoftware: 0x20,
  thermalHardware: 0x40,
  powerBrake: 0x80,
  displayClocks: 0x100,
} as const;
