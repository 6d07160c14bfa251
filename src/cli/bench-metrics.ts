import { nearest } from '../campaign/nearest.ts';
import { listed, quoted, type Reading, read, refuse } from '../campaign/quantity.ts';

/** What `loadcell bench` can be asked to show. */
export const METRICS = ['latency', 'throughput', 'memory', 'cpu', 'gpu'] as const;
export type Metric = (typeof METRICS)[number];

/** A comma-separated list, each once, in the order of {@link METRICS}. */
export function parseMetrics(text: string): Reading<readonly Metric[]> {
  const words = text.split(',').map((word) => word.trim());
  for (const word of words) {
    if (isMetric(word)) continue;
    const near = nearest(word, METRICS);
    const hint = near === null ? `expected ${listed(METRICS)}, with commas between them` : `did you mean ${near}?`;
    return refuse(`found ${quoted(word)}, ${hint}`);
  }
  return read(METRICS.filter((metric) => words.includes(metric)));
}

const isMetric = (word: string): word is Metric => METRICS.some((metric) => metric === word);
