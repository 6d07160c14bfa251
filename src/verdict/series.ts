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

/** Where a trial's series lies in the results folder: `series/<cell>.<trial>.csv`, later attempts `<trial>-<attempt>`. */
export function seriesPath(cellId: string, trial: number, attempt: number): string {
  const cell = cellId
    .replaceAll(/[/[,]/g, '+')
    .replaceAll('=', '-')
    .replaceAll(']', '')
    .replaceAll(/[^\w.+-]/g, '_');
  return `series/${cell}.${trial}${attempt > 1 ? `-${attempt}` : ''}.csv`;
}
