import { populationOf, sizeOf } from '../../stats/population.ts';
import { isStreamMetric, STREAM_METRICS } from '../../stats/stream-tally.ts';
import type { Tally } from '../../stats/tally.ts';

/** Latencies that are exported: each of the ok requests, lag of all that were started, `betweenEvents` of all events that came. */
export const METRICS = ['response', 'service', 'wait', 'lag', ...STREAM_METRICS] as const;
export type Metric = (typeof METRICS)[number];

/** Whether requests tell a latency: of events only those whose answers stream them. */
export const isTold = (tally: Tally, metric: Metric): boolean => !isStreamMetric(metric) || tally.stream !== null;

/** What a histogram cannot hold: what is without an end, and counts as slower than any other. Null: there is nothing. */
export function missingText(tally: Tally, metric: Metric): string | null {
  const population = populationOf(tally, metric);
  if (population.infinite === 0) return null;
  const share = `${population.infinite} of ${sizeOf(population)}`;
  return `${share} ${whatIsMissing(metric)}: they are not in this histogram, and count in loadcell's percentiles as slower than every other`;
}

function whatIsMissing(metric: Metric): string {
  if (metric === 'betweenEvents') return 'gaps never ended, one of each started request that was not ok';
  const which = metric === 'response' || metric === 'firstEvent' ? 'scheduled' : 'started';
  return `${which} requests failed, were shed or never ended`;
}
