import type { MetricName } from '../metric.ts';

/** A field of `nvidia-smi --query-gpu`, and the unit in which it is when neither header nor cell prints one. */
export interface QueryField {
  readonly metric: MetricName;
  readonly unit: string;
}

const field = (metric: MetricName, unit: string): QueryField => ({ metric, unit });

const throttled = (word: string): Readonly<Record<string, QueryField>> => ({
  [`${word}_counters.sw_power_cap`]: field('throttled.powerCap', 'us'),
  [`${word}_counters.sync_boost`]: field('throttled.syncBoost', 'us'),
  [`${word}_counters.sw_thermal_slowdown`]: field('throttled.thermalSoftware', 'us'),
  [`${word}_counters.hw_thermal_slowdown`]: field('throttled.thermalHardware', 'us'),
  [`${word}_counters.hw_power_brake_slowdown`]: field('throttled.powerBrake', 'us'),
  [`${word}.active`]: field('events', 'mask'),
});

/**
 * Fields by name (`nvidia-smi --help-query-gpu`, drivers 450 to 595). Of two names of one metric the tool prints the same
 * value. `power.limit` is what was asked for, not what holds: no metric, but a limit of the device.
 */
export const QUERY_FIELDS: Readonly<Record<string, QueryField>> = {
  'power.draw': field('power.draw', 'W'),
  'power.draw.average': field('power.average', 'W'),
  'power.draw.instant': field('power.instant', 'W'),
  'enforced.power.limit': field('power.limit', 'W'),
  'clocks.current.sm': field('clock.sm', 'MHz'),
  'clocks.sm': field('clock.sm', 'MHz'),
  'clocks.current.memory': field('clock.memory', 'MHz'),
  'clocks.mem': field('clock.memory', 'MHz'),
  'clocks.max.sm': field('clock.smLimit', 'MHz'),
  'temperature.gpu': field('temperature.gpu', 'C'),
  'temperature.memory': field('temperature.memory', 'C'),
  'utilization.gpu': field('utilization.gpu', '%'),
  'utilization.memory': field('utilization.memory', '%'),
  'memory.used': field('memory.used', 'MiB'),
  'memory.total': field('memory.total', 'MiB'),
  ...throttled('clocks_event_reasons'),
  ...throttled('clocks_throttle_reasons'),
  'ecc.errors.uncorrected.volatile.total': field('ecc.uncorrected', 'count'),
  'ecc.errors.corrected.volatile.total': field('ecc.corrected', 'count'),
  'remapped_rows.uncorrectable': field('remapped.uncorrected', 'count'),
  'remapped_rows.correctable': field('remapped.corrected', 'count'),
};

/** Names that people's own scripts put above the tool's columns; the unit must stand behind the name. */
const OWN_NAMES: Readonly<Record<string, MetricName>> = {
  power: 'power.draw',
  power_draw: 'power.draw',
  temperature: 'temperature.gpu',
  temperature_gpu: 'temperature.gpu',
  utilization: 'utilization.gpu',
  utilization_gpu: 'utilization.gpu',
  gpu_utilization: 'utilization.gpu',
  utilization_memory: 'utilization.memory',
  memory_used: 'memory.used',
  memory_total: 'memory.total',
  sm_clock: 'clock.sm',
  clock_sm: 'clock.sm',
};
const OWN_UNITS: Readonly<Record<string, string>> = { c: 'C', w: 'W', percent: '%', pct: '%', mib: 'MiB', mhz: 'MHz' };

/** The field under a header such as `power.draw [W]` (the unit told apart), `gpu_power`, `temperature_C`; null: none. */
export function queryField(name: string): QueryField | null {
  if (Object.hasOwn(QUERY_FIELDS, name)) return QUERY_FIELDS[name] ?? null;
  const [, stem = '', suffix = ''] = /^([a-z_]{1,40})_([A-Za-z]{1,8})$/.exec(name) ?? [];
  const unit = Object.hasOwn(OWN_UNITS, suffix.toLowerCase()) ? OWN_UNITS[suffix.toLowerCase()] : undefined;
  const metric = Object.hasOwn(OWN_NAMES, stem) ? OWN_NAMES[stem] : undefined;
  return unit === undefined || metric === undefined ? null : { metric, unit };
}
