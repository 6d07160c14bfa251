import { nearest } from '../campaign/nearest.ts';
import { listed, quoted, type Reading, read, refuse } from '../campaign/quantity.ts';

/** What `loadcell bench` can be asked to show. */
export const METRICS = ['latency', 'throughput', 'memory', 'cpu', 'gpu'] as const;
export type Metric = (typeof METRICS)[number];

/** Known by name, measured by a later version. */
const NOT_MEASURED: readonly Metric[] = ['gpu'];

export const isMeasured = (metric: Metric): boolean => !NOT_MEASURED.includes(metric);

/** A comma-separated list, each once, in the order of {@link METRICS}. At least one of them must be measured. */
export function parseMetrics(text: string): Reading<readonly Metric[]> {
  const words = text.split(',').map((word) => word.trim());
  for (const word of words) {
    if (isMetric(word)) continue;
    const near = nearest(word, METRICS);
    const hint = near === null ? `expected ${listed(METRICS)}, with commas between them` : `did you mean ${near}?`;
    return refuse(`found ${quoted(word)}, ${hint}`);
  }
  const chosen = METRICS.filter((metric) => words.includes(metric));
  if (chosen.some(isMeasured)) return read(chosen);
  const measured = METRICS.filter(isMeasured);
  return refuse(
    `found ${listed(chosen)} alone, which this version does not measure; expected also ${listed(measured)}`,
  );
}

const isMetric = (word: string): word is Metric => METRICS.some((metric) => metric === word);
