import type { MetricName } from './metric.ts';
import { missing, numberOf, type Reading } from './reading.ts';
import type { DeviceSample } from './sample.ts';

/** Power that stays the same for longer, with work on the GPU, is no measurement any more. */
const FROZEN_NS = 2e9;
/** From this utilisation on a GPU is at work for sure. */
const BUSY = 0.9;
const POWER: readonly MetricName[] = ['power.draw', 'power.instant'];

interface Seen {
  value: number;
  sinceNs: number;
}

/**
 * Takes numbers that cannot be true for what they are: power that does not change for more than 2 s under load is
 * `stale`; activity that reads 0 while a kernel is present 90 % of the time or more was not collected. Pure.
 */
export class Plausibility {
  readonly #power = new Map<string, Seen>();
  readonly #utilization = new Map<string, number>();

  check(sample: DeviceSample, atNs: number): DeviceSample {
    const { uuid } = sample.device;
    const told = numberOf(sample.readings['utilization.gpu']);
    if (told !== null) this.#utilization.set(uuid, told);
    const busy = (this.#utilization.get(uuid) ?? 0) >= BUSY;
    const readings: Partial<Record<MetricName, Reading>> = { ...sample.readings };
    for (const metric of POWER) {
      const watts = numberOf(readings[metric]);
      if (watts === null) continue;
      if (this.#frozen(`${uuid} ${metric}`, watts, atNs, busy)) readings[metric] = missing('stale');
    }
    if (busy) for (const metric of unread(readings)) readings[metric] = missing('not_collected');
    return { ...sample, readings };
  }

  /** An idle GPU may well draw the same for long: its time does not count. */
  #frozen(key: string, watts: number, atNs: number, busy: boolean): boolean {
    const seen = this.#power.get(key);
    if (seen === undefined || seen.value !== watts || !busy) {
      this.#power.set(key, { value: watts, sinceNs: atNs });
      return false;
    }
    return atNs - seen.sinceNs > FROZEN_NS;
  }
}

/** The shares that would be 0 of a GPU at work: graphics and SM. */
const unread = (readings: DeviceSample['readings']): readonly MetricName[] => {
  const whole = (['activity.graphics', 'activity.sm'] as const).filter((metric) => numberOf(readings[metric]) === 0);
  if (whole.length === 0) return [];
  const all = Object.keys(readings) as MetricName[];
  return all.filter((metric) => metric.startsWith('activity.') && numberOf(readings[metric]) === 0);
};
