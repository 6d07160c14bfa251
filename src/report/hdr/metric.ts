import { type PopulationName, populationOf } from '../../stats/population.ts';
import type { Tally } from '../../stats/tally.ts';

/** Latencies that are exported: each of the ok requests, lag of all that were started. */
export const METRICS = ['response', 'service', 'wait', 'lag'] as const satisfies readonly PopulationName[];
export type Metric = (typeof METRICS)[number];

/** What a histogram cannot hold: requests without an end, which count as slower than any other. Null: there are none. */
export function missingText(tally: Tally, metric: Metric): string | null {
  const { infinite } = populationOf(tally, metric);
  if (infinite === 0) return null;
  const all = metric === 'response' ? tally.settled : tally.started;
  const which = metric === 'response' ? 'scheduled' : 'started';
  return `${infinite} of ${all} ${which} requests failed, were shed or never ended: they are not in this histogram, and count in loadcell's percentiles as slower than every other`;
}
