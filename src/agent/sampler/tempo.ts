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
export const nextTick = ({ at, boundaries }: Due, tempo: Tempo): number =>
  Math.min(at.fast, ...COMPANIONS.map((pace) => at[pace] + slackNs(tempo)), boundaries[0] ?? Number.POSITIVE_INFINITY);

/**
 * What is read at an instant, and when what is read again. Each is due at distances of up to a fifth more or less than its
 * tempo's. All but the fastest come along with the first reading of these that is near enough, since each wake costs whoever runs
 * on that core; where none is they are read alone.
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
  const isFast = due.at.fast <= nowNs;
  const jittered = (everyNs: number): number => everyNs * (1 - JITTER + 2 * JITTER * draw());
  const companions = COMPANIONS.filter((pace) =>
    isFast ? due.at[pace] <= nowNs + slackNs(tempo) : due.at[pace] + slackNs(tempo) <= nowNs,
  );
  const nextOf = (pace: Companion): number => {
    if (!companions.includes(pace)) return due.at[pace];
    const everyNs = everyOf(pace, tempo);
    // From when it was due, so that the rate is kept, unless that is long past.
    return Math.max(due.at[pace] + jittered(everyNs), nowNs + everyNs / 2);
  };
  const paces: readonly Pace[] = [
    ...(isFast || atBoundary ? (['fast'] as const) : []),
    ...companions,
    ...(atBoundary ? (['boundary'] as const) : []),
  ];
  return {
    wanted: new Set(paces.flatMap((pace) => [...BY_PACE[pace]])),
    due: {
      at: {
        fast: isFast ? nowNs + jittered(tempo.fastNs) : due.at.fast,
        activity: nextOf('activity'),
        slow: nextOf('slow'),
        boundary: nextOf('boundary'),
      },
      boundaries: left,
    },
  };
}

type Companion = Exclude<Pace, 'fast'>;
const COMPANIONS: readonly Companion[] = ['activity', 'slow', 'boundary'];

const everyOf = (pace: Companion, { activityNs, slowNs }: Tempo): number => (pace === 'activity' ? activityNs : slowNs);

/** Nothing is read further from when it is due, whatever the tempo of the fastest. */
const MOST_SLACK_NS = 125e6;

/** How long before or after it is due something is read: half the longest distance of the fastest, one of which then lies within. */
const slackNs = ({ fastNs }: Tempo): number => Math.min((fastNs * (1 + JITTER)) / 2, MOST_SLACK_NS);
