import type { Estimate } from '../stats/estimate.ts';
import { errorShare } from '../verdict/request-figures.ts';
import type { CellResult } from '../verdict/result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import { countText, figureText, percentText, valueText } from './figures.ts';
import { peakColumn } from './peak-text.ts';

/** Heading of {@link summaryRow}; with the maximum rate where a cell searched for it. */
export const summaryHeading = (cells: readonly CellResult[]): readonly string[] =>
  hasPeak(cells) ? [...SUMMARY_HEADING, 'peak/s'] : SUMMARY_HEADING;

/** Rows of a summary, in the order of cells. */
export const summaryRows = (cells: readonly CellResult[]): readonly (readonly string[])[] =>
  cells.map((cell) => (hasPeak(cells) ? [...summaryRow(cell), peakColumn(cell)] : summaryRow(cell)));

const hasPeak = (cells: readonly CellResult[]): boolean => cells.some(({ peak }) => peak !== null);

const SUMMARY_HEADING: readonly string[] = [
  'cell',
  'verdict',
  'held',
  'offered/s',
  'achieved/s',
  'p50',
  'p95',
  'p99 ms',
  'errors',
];

/** One cell on one line; of several trials, the range of each figure over their last attempts. */
export function summaryRow(cell: CellResult): readonly string[] {
  const held = cell.objectives.filter(({ verdict }) => verdict === 'pass').length;
  const trials = lastAttempts(cell.trials).filter(({ startedAt }) => startedAt !== null);
  const percentile = (of: (trial: TrialResult) => Estimate): string => oneOrRange(trials.map(of).map(valueText));
  return [
    cell.id,
    cell.judged ? cell.verdict.kind.toUpperCase() : `(${cell.verdict.kind})`,
    `${held}/${cell.objectives.length}`,
    oneOrRange(trials.map(({ rates }) => figureText(rates.offered))),
    oneOrRange(trials.map(({ rates }) => figureText(rates.achieved))),
    percentile(({ latency }) => latency.response.p50),
    percentile(({ latency }) => latency.response.p95),
    percentile(({ latency }) => latency.response.p99),
    oneOrRange(trials.map(({ accounting }) => percentText(errorShare(accounting)))),
  ];
}

/** An attempt that was repeated counts no more. */
const lastAttempts = (trials: readonly TrialResult[]): readonly TrialResult[] =>
  trials.filter(({ index, attempt }) => !trials.some((other) => other.index === index && other.attempt > attempt));

/** Phases of a trial, one a row under a heading. */
export function phaseRows(trial: TrialResult): readonly (readonly string[])[] {
  const heading = ['phase', 'scheduled', 'offered/s', 'achieved/s', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'errors'];
  const rows = trial.phases
    .filter(({ purpose }) => purpose === 'measure')
    .map(({ name, accounting, rates, latency: { response } }) => [
      name,
      countText(accounting.scheduled),
      figureText(rates.offered),
      figureText(rates.achieved),
      valueText(response.p50),
      valueText(response.p95),
      valueText(response.p99),
      valueText(response.max),
      percentText(errorShare(accounting)),
    ]);
  return [heading, ...rows];
}

function oneOrRange(texts: readonly string[]): string {
  const [first = '-'] = texts;
  if (texts.every((text) => text === first)) return first;
  const numbers = texts.map((text) => Number(text.replaceAll(/[,>%\s]/g, '')));
  if (numbers.some(Number.isNaN)) return 'differs';
  const lowest = texts[numbers.indexOf(Math.min(...numbers))] ?? first;
  const highest = texts[numbers.indexOf(Math.max(...numbers))] ?? first;
  return `${lowest}..${highest}`;
}
