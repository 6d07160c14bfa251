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

export type SeriesColumn = (typeof SERIES_COLUMNS)[number] | (typeof OBSERVED_COLUMNS)[number];

/** The columns of a trial's series: those of what was observed only where anything was. */
export const seriesColumns = (seconds: readonly { readonly observed?: unknown }[]): readonly SeriesColumn[] =>
  seconds.some(({ observed }) => observed !== undefined) ? [...SERIES_COLUMNS, ...OBSERVED_COLUMNS] : SERIES_COLUMNS;

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
