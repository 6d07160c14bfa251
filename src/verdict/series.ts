import { OBSERVED_COLUMNS } from './observed/second.ts';

/** Columns of a trial's series: one row per second since the start of warm-up. Empty cells where there is no value. */
export const SERIES_COLUMNS = [
  'tMs',
  'offered',
  'started',
  'achieved',
  'failed',
  'inFlight',
  'p50',
  'p95',
  'p99',
  'lagP99',
  'cpu',
  'steal',
  'throttledUs',
  'rssBytes',
] as const;

/** Of answers that stream events: P95 of the requests intended in the second, milliseconds. */
export const STREAM_COLUMNS = ['firstEventP95', 'betweenEventsP95'] as const;

/** Where agents merged seconds: 1 in those whose counts are means, 0 elsewhere. */
export const COARSE_COLUMN = 'coarse';

export type SeriesColumn =
  | (typeof SERIES_COLUMNS)[number]
  | typeof COARSE_COLUMN
  | (typeof STREAM_COLUMNS)[number]
  | (typeof OBSERVED_COLUMNS)[number];

/** The columns of a trial's series: those of merged seconds, of events, and of what was observed, only where there was anything. */
export const seriesColumns = (
  seconds: readonly { readonly observed?: unknown; readonly stream?: unknown; readonly coarse?: unknown }[],
): readonly SeriesColumn[] => [
  ...SERIES_COLUMNS,
  ...(seconds.some(({ coarse }) => coarse !== undefined) ? ([COARSE_COLUMN] as const) : []),
  ...(seconds.some(({ stream }) => stream !== undefined) ? STREAM_COLUMNS : []),
  ...(seconds.some(({ observed }) => observed !== undefined) ? OBSERVED_COLUMNS : []),
];

export const isOfStream = (column: SeriesColumn): column is (typeof STREAM_COLUMNS)[number] =>
  STREAM_COLUMNS.some((known) => known === column);

export const isObserved = (column: SeriesColumn): column is (typeof OBSERVED_COLUMNS)[number] =>
  OBSERVED_COLUMNS.some((observed) => observed === column);

/** Where a trial's series lies in the results folder: `series/<cell>.<trial>.csv`, later attempts `<trial>-<attempt>`. */
export function seriesPath(cellId: string, trial: number, attempt: number): string {
  const cell = cellId
    .replaceAll(/[/[,]/g, '+')
    .replaceAll('=', '-')
    .replaceAll(']', '')
    .replaceAll(/[^\w.+-]/g, '_');
  return `series/${cell}.${trial}${attempt > 1 ? `-${attempt}` : ''}.csv`;
}
