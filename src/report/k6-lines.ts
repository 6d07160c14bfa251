import type { PartResult } from '../verdict/k6/k6-figures.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { countText, figureText } from './figures.ts';
import { visible } from './visible.ts';

/** Parts that are shown; all of them stand in benchmarks.json. */
const SHOWN = 12;

const LABELS = {
  'service time, uniform arrivals':
    'k6 tells service time under uniform arrivals: it records no intended start, and so neither wait nor lag',
  'service time, no schedule':
    'k6 tells service time of loops that wait for answers: there is no schedule, and so no response time',
  'service time, own scenarios': "k6 tells service time of the script's own scenarios: it records no intended start",
} as const;

/** What the latency of a trial by k6 is; empty of any other trial. */
export const k6LatencyLines = ({ k6 }: TrialResult): readonly string[] =>
  k6 === undefined ? [] : [LABELS[k6.latency]];

/** The same, and the durations of its script's parts. */
export function k6Lines(trial: TrialResult): readonly string[] {
  const { parts = [] } = trial;
  const durations = parts.filter(
    ({ unit, quantiles, metric }) => unit === 'ms' && quantiles !== null && metric !== 'iteration_duration',
  );
  const shown = durations.toSorted((a, b) => b.count - a.count).slice(0, SHOWN);
  const more = durations.length - shown.length;
  return [
    ...k6LatencyLines(trial),
    ...shown.map(partLine),
    ...(more > 0 ? [`${countText(more)} further parts stand in benchmarks.json`] : []),
  ];
}

function partLine({ metric, scenario, group, name, count, quantiles }: PartResult): string {
  const of = [scenario, group, name].filter((label) => label !== '').join(' ');
  const at = (['p50', 'p95', 'p99'] as const).map((key) => figureText(quantiles?.[key] ?? 0)).join(' / ');
  return `${visible(metric)}${of === '' ? '' : ` of ${visible(of)}`}: ${countText(count)}, P50 / P95 / P99 ${at} ms`;
}
