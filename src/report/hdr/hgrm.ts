import { populationOf } from '../../stats/population.ts';
import type { Tally } from '../../stats/tally.ts';
import { toHdr, US_PER_MS } from './hdr-histogram.ts';
import { type Metric, missingText } from './metric.ts';

/** Lines per halving of the distance to 100 %, as HdrHistogram's tools have it. */
const TICKS_PER_HALF = 5;

/** Where a distribution comes from, for the lines of comment above it. */
export interface Origin {
  readonly runId: string;
  /** `classifier/load, trial 1`. */
  readonly trial: string;
}

/**
 * A percentile distribution in HdrHistogram's text form (`.hgrm`), milliseconds, of the measure phases of one trial. Lines
 * that begin with `#` are comments to the tools that read it.
 */
export function hgrmText(tally: Tally, metric: Metric, { runId, trial }: Origin): string {
  const missing = missingText(tally, metric);
  const comments = [`run ${runId}, ${trial}: ${metric} in ms, measure phases`, ...(missing === null ? [] : [missing])];
  const distribution = toHdr(populationOf(tally, metric).finite).outputPercentileDistribution(
    TICKS_PER_HALF,
    US_PER_MS,
  );
  return `${comments.map((line) => `# ${line}\n`).join('')}${distribution}`;
}
