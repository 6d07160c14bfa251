import type { CellComparison, FigureShift } from '../verdict/compare/compare-cell.ts';
import type { Comparison } from '../verdict/compare/comparison.ts';
import type { EnvironmentDifference } from '../verdict/compare/environment.ts';
import { figureText, percentText } from './figures.ts';
import { columns, leftColumns, type Paint } from './layout.ts';

const NS_PER_MS = 1e6;

/** What `loadcell compare` prints: the environment first, then every cell. */
export function comparisonText(comparison: Comparison, paint: Paint): string {
  const { baseline, candidate, environment, cells, unmatched } = comparison;
  const lines = [
    ...leftColumns([
      ['baseline', baseline.id, baseline.startedAt],
      ['candidate', candidate.id, candidate.startedAt],
    ]),
    '',
    ...environmentLines(environment, paint),
    ...cells.flatMap((cell) => ['', ...cellLines(cell, paint)]),
    ...(unmatched.length === 0
      ? []
      : ['', paint.strong('not compared'), ...unmatched.map(({ cell, why }) => `  ${cell}: ${why}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

function environmentLines(differences: readonly EnvironmentDifference[], paint: Paint): string[] {
  if (differences.length === 0) return ['environment  no difference'];
  return [
    paint.doubtful('environment differs'),
    ...columns(differences.map((one) => [`  ${one.path}`, valuesText(one.baseline), '->', valuesText(one.candidate)])),
  ];
}

/** Values of a fingerprint, one after the other. */
export const valuesText = (values: readonly unknown[]): string =>
  values.length === 0 ? 'nothing' : values.map((value) => String(value)).join(', ');

function cellLines(cell: Comparison['cells'][number], paint: Paint): string[] {
  const { trials, verdicts, planned, figures } = cell;
  const heading = `${paint.strong(cell.id)}  ${trials.baseline} and ${trials.candidate} valid trials, ${verdicts.baseline} and ${verdicts.candidate}`;
  const shown = figures.filter(({ baseline, candidate }) => baseline !== null || candidate !== null);
  return [
    heading,
    ...planned.map((part) => paint.doubtful(`  planned otherwise: ${part}`)),
    ...columns([['  ', 'baseline', 'candidate', '', 'shift', '95 % bounds'], ...shown.map((one) => row(one))]),
    ...methodLines(figures),
    ...distributionLines(cell),
  ];
}

const row = ({ metric, unit, baseline, candidate, shift }: FigureShift): string[] => [
  `  ${metric}`,
  levelText(baseline, unit),
  levelText(candidate, unit),
  unit === 'ratio' ? '' : unit,
  shift === null ? '-' : signedPercent(shift.share),
  shift === null || shift.method === 'observed' ? '' : `${bound(shift.low)} to ${bound(shift.high)}`,
];

const levelText = (value: number | null, unit: FigureShift['unit']): string =>
  value === null ? '-' : unit === 'ratio' ? percentText(value) : figureText(value);

const bound = (share: number | null): string => (share === null ? 'open' : signedPercent(share));

/** `+3.42 %`, `-0.5 %`. */
export const signedPercent = (share: number): string => `${share > 0 ? '+' : ''}${percentText(share)}`;

/** What the bounds hold, and what they do not. */
function methodLines(figures: readonly FigureShift[]): string[] {
  const methods = new Set(figures.map(({ shift }) => shift?.method));
  return [
    ...(methods.has('welch-t-of-logs') ? ['  bounds: between trials (Welch, on logarithms)'] : []),
    ...(methods.has('mover-within-trial')
      ? ['  bounds: within one trial; what differs from run to run is not in them, five trials would tell']
      : []),
  ];
}

function distributionLines({ distribution }: CellComparison): string[] {
  if (distribution === null) return [];
  const { largestGap, atNs, shares, meanMoveNs } = distribution;
  if (atNs === null) return ['  distribution of response times: no difference'];
  const at = figureText(atNs / NS_PER_MS);
  return [
    `  distribution of response times: furthest apart at ${at} ms, with ${percentText(shares.baseline)} and ${percentText(shares.candidate)} at or below it (gap ${percentText(largestGap)}); mean distance ${figureText(meanMoveNs / NS_PER_MS)} ms`,
  ];
}
