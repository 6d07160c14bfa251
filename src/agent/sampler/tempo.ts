import { METRICS, type MetricName } from '../../gpu/metric.ts';

type Pace = (typeof METRICS)[MetricName]['pace'];

/** How often each kind of metric is read, ns. */
export interface Tempo {
  readonly fastNs: number;
  readonly activityNs: number;
  readonly slowNs: number;
}

/** The power register of A100 and H100 changes no faster, and GPM may not be read at shorter distances. */
export const LEAST_FAST_NS = 100e6;

/** Readings at exact distances would meet a load of the same rhythm always at the same place of it. */
const JITTER = 0.2;

const BY_PACE: Readonly<Record<Pace, ReadonlySet<MetricName>>> = {
  fast: named('fast'),
  activity: named('activity'),
  slow: named('slow'),
  boundary: named('boundary'),
};

function named(pace: Pace): ReadonlySet<MetricName> {
  const names = (Object.keys(METRICS) as MetricName[]).filter((name) => METRICS[name].pace === pace);
  return new Set(names);
}

/** When each kind is read next, and the instants at which counters must be read exactly. */
export interface Due {
  readonly at: Readonly<Record<Pace, number>>;
  /** Ascending. */
  readonly boundaries: readonly number[];
}

export const beginning = (nowNs: number): Due => ({
  at: { fast: nowNs, activity: nowNs, slow: nowNs, boundary: nowNs },
  boundaries: [],
});

/** Counters are read at these instants too; those that are past are let go. */
export const withBoundaries = (due: Due, instants: readonly number[], nowNs: number): Due => ({
  ...due,
  boundaries: instants.filter((at) => at >= nowNs).toSorted((a, b) => a - b),
});

/** The next instant at which something is read. */
export const nextTick = ({ at, boundaries }: Due): number =>
  Math.min(at.fast, at.activity, at.slow, at.boundary, boundaries[0] ?? Number.POSITIVE_INFINITY);

/**
 * What is read at an instant, and when what is read again: at distances of up to a fifth more or less than the tempo's.
 * At a boundary power is read beside the counters, so that the integral is bracketed as the counter is. `draw`: uniform in
 * [0, 1).
 */
export function tick(
  due: Due,
  tempo: Tempo,
  nowNs: number,
  draw: () => number,
): { readonly wanted: ReadonlySet<MetricName>; readonly due: Due } {
  const left = due.boundaries.filter((at) => at > nowNs);
  const atBoundary = left.length < due.boundaries.length;
  const reads = (pace: Pace): boolean =>
    due.at[pace] <= nowNs || (atBoundary && (pace === 'boundary' || pace === 'fast'));
  const next = (pace: Pace, everyNs: number): number =>
    due.at[pace] <= nowNs ? nowNs + everyNs * (1 - JITTER + 2 * JITTER * draw()) : due.at[pace];
  const paces = (['fast', 'activity', 'slow', 'boundary'] as const).filter(reads);
  return {
    wanted: new Set(paces.flatMap((pace) => [...BY_PACE[pace]])),
    due: {
      at: {
        fast: next('fast', tempo.fastNs),
        activity: next('activity', tempo.activityNs),
        slow: next('slow', tempo.slowNs),
        boundary: next('boundary', tempo.slowNs),
      },
      boundaries: left,
    },
  };
}
