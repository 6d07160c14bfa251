import type { MetricFinding } from '../verdict/gate/finding.ts';
import type { GateReason } from '../verdict/gate/reason.ts';
import type { GateResult } from '../verdict/gate/result.ts';
import { signedPercent } from './comparison-text.ts';
import { figureText, percentText } from './figures.ts';
import { columns, type Paint } from './layout.ts';

/** The heading and one row for every metric: what a gate shows, wherever it shows it. */
export const gateRows = (metrics: readonly MetricFinding[]): string[][] => [
  ['metric', 'baseline', 'candidate', '', 'worse by', '95 % bounds', 'threshold', 'detects', 'p (Holm)', 'finding'],
  ...metrics.map((one) => [
    one.metric.id,
    one.baseline === null ? '-' : figureText(one.baseline),
    one.candidate === null ? '-' : figureText(one.candidate),
    one.metric.unit,
    share(one.worse),
    one.low === null && one.high === null ? '' : `${share(one.low)} to ${share(one.high)}`,
    percentText(one.metric.threshold),
    one.detectable === null ? '-' : percentText(one.detectable),
    one.adjusted.toPrecision(2),
    one.finding,
  ]),
];

const share = (value: number | null): string => (value === null ? 'open' : signedPercent(value));

/** What a gate prints. */
export function gateText(result: GateResult, paint: Paint): string {
  const { verdict, exitCode, tolerated, pairs, metrics, reasons, cautions, manner, event } = result;
  const colour = {
    pass: paint.good,
    fail: paint.bad,
    inconclusive: paint.doubtful,
    invalid: paint.bad,
    'no-baseline': paint.doubtful,
  }[verdict];
  const unit = manner === 'paired' ? 'pairs' : 'nights';
  return `${[
    `${result.baseline} -> ${result.candidate}: ${pairs.valid} valid ${unit} of ${pairs.run}`,
    ...(metrics.length === 0 ? [] : columns(gateRows(metrics))),
    ...reasons.flatMap((reason) => reasonLines(reason, verdict)),
    ...cautions.flatMap((reason) => reasonLines(reason, 'caution')),
    `gate     ${colour(verdict)} (exit ${exitCode}${tolerated ? `, tolerated on ${event}` : ''})`,
  ].join('\n')}\n`;
}

const reasonLines = ({ where, message, hint }: GateReason, word: string): string[] => [
  `${word}: ${where}: ${message}`,
  `  ${hint}`,
];
