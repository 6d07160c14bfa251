import { METRICS, type MetricName } from '../../gpu/metric.ts';
import type { DeviceObservation, Window } from '../../gpu/observation.ts';
import type { MissingReason } from '../../gpu/reading.ts';
import { coverageOf, spanOf } from '../../gpu/within.ts';

/** How much of a window the readings of a device cover. */
export interface Coverage {
  readonly share: number;
  /** Whose readings cover the least, for sentences; null: all of them cover as much, or none matters. */
  readonly of: string | null;
}

/** What the verdict and the energy of a trial rest on; of several metrics in a row the best counts. */
const MATTERS: readonly (readonly [words: string, ...metrics: MetricName[]])[] = [
  ['power', 'power.instant', 'power.draw', 'power.average'],
  ['energy counter', 'energy'],
  ['clock', 'clock.sm'],
  ['reasons that hold its clocks down', 'events'],
  ['time that hardware held its clocks down for temperature', 'throttled.thermalHardware'],
  ['time that the power brake held its clocks down', 'throttled.powerBrake'],
  ['temperature', 'temperature.gpu'],
  ['uncorrected memory errors', 'ecc.uncorrected'],
];

/** A metric that is missing for another reason was told at some time, or should have been. */
const NEVER_TOLD: ReadonlySet<MissingReason> = new Set(['not_supported', 'no_permission', 'deprecated']);

/**
 * The least coverage of what matters and is told of this device at all, now or before the trial: power may fall silent while
 * the temperature still speaks. Of a device that tells nothing of it, a MIG instance, the best of the rest.
 */
export function deviceCoverage(device: DeviceObservation, window: Window): Coverage {
  const found = MATTERS.flatMap(([of, ...metrics]): readonly Coverage[] => {
    const told = metrics.filter((metric) => isTold(device, metric));
    return told.length === 0 ? [] : [{ share: best(device, told, window), of }];
  });
  const [first, ...others] = found.toSorted((a, b) => a.share - b.share);
  if (first === undefined) {
    return { share: best(device, Object.keys(device.series) as MetricName[], window), of: null };
  }
  // What nothing at all was read in is missing of everything: naming one metric would hide the others.
  return others.every(({ share }) => share - first.share < EQUAL) ? { ...first, of: null } : first;
}

const EQUAL = 0.05;

const isTold = ({ series, before, lacks }: DeviceObservation, metric: MetricName): boolean =>
  series[metric] !== undefined ||
  before[metric] !== undefined ||
  (lacks[metric] ?? []).some(({ reason }) => !NEVER_TOLD.has(reason));

/** Counters lose nothing between two readings: theirs cover from the first to the last. */
const best = ({ series }: DeviceObservation, metrics: readonly MetricName[], window: Window): number =>
  Math.max(
    0,
    ...metrics.map((metric) => {
      const atNs = series[metric]?.atNs ?? [];
      return METRICS[metric].kind === 'counter' ? spanOf(atNs, window) : coverageOf(atNs, window);
    }),
  );
