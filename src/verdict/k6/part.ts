import type { PartLabels } from '../../campaign/objective.ts';
import type { Histogram } from '../../stats/histogram.ts';

/** One metric of a k6 script, by scenario, group and name. */
export interface ScriptPart {
  readonly scenario: string;
  readonly group: string;
  readonly name: string;
  readonly metric: string;
  /** `unknown`: a script's own metric, where samples came as CSV, which does not tell what it is. */
  readonly type: 'counter' | 'gauge' | 'trend' | 'rate' | 'unknown';
}

/** What it came to over the measure phases of the whole fleet. */
export interface PartEvidence extends ScriptPart {
  /** Its values are milliseconds. */
  readonly time: boolean;
  readonly count: number;
  /** Values other than zero: of a rate, those that were true. */
  readonly nonzero: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Of a trend, and of what is unknown: microseconds where it holds times, else its values times 1000. */
  readonly histogram: Histogram | null;
}

/** Under which parts count that are more than are told apart. */
export const OTHER_PARTS = '(others)';

/** What helps where there are more. */
export const NAME_THEM = 'Give requests of one kind one name, by the `name` tag.';

/** What histograms tell apart: an hour in milliseconds, and of a script's own numbers as many. */
const MOST_TOLD = 3_600_000;

/** Whether all values lie where the histogram tells them apart: beyond, percentiles would be those of its last bucket. */
export const isWithinHistogram = ({ min, max }: Pick<PartEvidence, 'min' | 'max'>): boolean =>
  min >= 0 && max <= MOST_TOLD;

/**
 * Whether what is asked for by group or name may stand in part under {@link OTHER_PARTS}: which names an agent tells apart
 * depends on which came first there.
 */
export const isMixed = (parts: readonly PartEvidence[], { metric, scenario, group, name }: PartLabels): boolean =>
  (group !== undefined || name !== undefined) &&
  selected(parts, {
    name: OTHER_PARTS,
    ...(metric === undefined ? {} : { metric }),
    ...(scenario === undefined ? {} : { scenario }),
  }).length > 0;

/** What only k6 tells of a trial. */
export interface K6Evidence {
  readonly parts: readonly PartEvidence[];
  /** The script said that the test failed. */
  readonly markedFailed: boolean;
  /** Exceptions of which no iteration was found. */
  readonly orphans: number;
  /** Most virtual users over the fleet. */
  readonly vusMax: number;
  /** How samples came: folded inside k6, or, from any agent, as CSV of a stock k6. */
  readonly samples: 'folded' | 'csv';
  /** What its teardown() threw at an agent, or that it took too long; absent: neither. */
  readonly teardownFailed?: string;
}

/** What a request of a script takes, where nobody says which metric is meant. */
const REQUESTS = ['http_req_duration', 'grpc_req_duration'];

export const selected = (parts: readonly PartEvidence[], selector: PartLabels): readonly PartEvidence[] =>
  parts.filter(
    (part) =>
      (selector.metric === undefined ? REQUESTS.includes(part.metric) : part.metric === selector.metric) &&
      (['scenario', 'group', 'name'] as const).every(
        (key) => selector[key] === undefined || part[key] === selector[key],
      ),
  );

/** Requests that an iteration sends, on average; 0: none that are told of. */
export function requestsEach(parts: readonly PartEvidence[]): number {
  const count = (of: (part: PartEvidence) => boolean): number =>
    parts.filter(of).reduce((sum, part) => sum + part.count, 0);
  const iterations = count(({ metric }) => metric === 'iteration_duration');
  return iterations === 0 ? 0 : count(({ metric }) => REQUESTS.includes(metric)) / iterations;
}
