import { NS_PER_MS } from '../time/ns.ts';
import type { SecondEvidence } from '../verdict/evidence.ts';
import { COARSE_COLUMN, isObserved, isOfStream, type SeriesColumn, seriesColumns } from '../verdict/series.ts';

/** A trial's series as CSV: one row per second since the start of warm-up, all digits, empty where there is no value. */
export function seriesCsv(seconds: readonly SecondEvidence[]): string {
  const columns = seriesColumns(seconds);
  const rows = seconds.map((second) => columns.map((column) => cellOf(second, column) ?? '').join(','));
  return `${[columns.join(','), ...rows].join('\n')}\n`;
}

function cellOf(second: SecondEvidence, column: SeriesColumn): number | null {
  if (column === 'tMs') return second.atNs / NS_PER_MS;
  if (column === COARSE_COLUMN) return second.coarse === true ? 1 : 0;
  if (isOfStream(column)) return second.stream?.[column] ?? null;
  return isObserved(column) ? (second.observed?.[column] ?? null) : second[column];
}
