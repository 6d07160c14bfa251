import type { Estimate } from '../stats/estimate.ts';
import { STREAM_METRICS } from '../stats/stream-tally.ts';
import { LATENCY_FIGURES } from '../verdict/request-figures.ts';
import type { Benchmarks } from '../verdict/result.ts';

const LATENCIES = ['response', 'responseOk', 'service', 'wait', 'lag', ...STREAM_METRICS] as const;

/** One trial of a cell, as a row of a table begins. */
export const TRIAL_COLUMNS = ['cell', 'trial', 'attempt'] as const;

/**
 * Every latency of every trial, a row each, milliseconds with all their digits; empty where there is no value or bound.
 * `keep`: which trials.
 */
export function percentilesCsv({ cells }: Benchmarks, keep: (cell: string, trial: number) => boolean): string {
  const heading = [
    ...TRIAL_COLUMNS,
    'verdict',
    'latency',
    'count',
    ...LATENCY_FIGURES.flatMap((name) => [name, `${name}_low`, `${name}_high`]),
  ];
  const rows = cells.flatMap(({ id, trials }) =>
    trials
      .filter(({ index }) => keep(id, index))
      .flatMap(({ index, attempt, verdict, latency }) =>
        LATENCIES.flatMap((name) => {
          const summary = latency[name];
          if (summary === undefined) return [];
          const figures = LATENCY_FIGURES.flatMap((figure) => boundsOf(summary[figure]));
          return [[quoted(id), index, attempt, verdict.kind, name, summary.count, ...figures]];
        }),
      ),
  );
  return `${[heading, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

/** Value, low and high. A rank beyond every finite value has a low alone. */
function boundsOf(estimate: Estimate): readonly (number | '')[] {
  if (estimate.value === null) return ['', ('low' in estimate ? estimate.low : undefined) ?? '', ''];
  return [estimate.value, estimate.low ?? '', estimate.high ?? ''];
}

/** A field of a CSV file (RFC 4180). */
export const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
