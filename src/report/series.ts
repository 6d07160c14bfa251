import { NS_PER_MS } from '../time/ns.ts';
import type { SecondEvidence } from '../verdict/evidence.ts';
import { SERIES_COLUMNS } from '../verdict/series.ts';

/** A trial's series as CSV: one row per second since the start of warm-up, all digits, empty where there is no value. */
export function seriesCsv(seconds: readonly SecondEvidence[]): string {
  const rows = seconds.map((second) => SERIES_COLUMNS.map((column) => cellOf(second, column) ?? '').join(','));
  return `${[SERIES_COLUMNS.join(','), ...rows].join('\n')}\n`;
}

function cellOf(second: SecondEvidence, column: (typeof SERIES_COLUMNS)[number]): number | null {
  return column === 'tMs' ? second.atNs / NS_PER_MS : second[column];
}
