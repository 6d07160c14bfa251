import { errorShare } from '../../verdict/request-figures.ts';
import type { CellResult } from '../../verdict/result.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { countText, figureText, percentText } from '../figures.ts';
import { anchorOf } from './anchor.ts';
import { estimateCell } from './estimate-cell.ts';
import { html, type Markup } from './markup.ts';
import { badge } from './reasons.ts';
import { figure, table, text } from './table.ts';
import { trialName } from './trial-name.ts';

const PERCENTILES = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;

/** Every cell and trial on a row of its own: verdict, requests, rates, and every percentile of response with its bounds. */
export function cellsTable(cells: readonly CellResult[]): Markup {
  const several = cells.some(({ trials, peak }) => trials.length > 1 || peak !== null);
  return table({
    id: 'cells-table',
    caption: 'Response of every cell in milliseconds, with 95 % bounds where there are any',
    columns: [
      text('cell'),
      ...(several ? [text('trial')] : []),
      text('verdict'),
      figure('held'),
      figure('requests'),
      figure('errors'),
      figure('offered/s'),
      figure('achieved/s'),
      ...PERCENTILES.map((name) => figure(name === 'max' ? 'max' : name.toUpperCase())),
    ],
    rows: cells.flatMap((cell, index) => cellRows(cell, index, several)),
  });
}

function cellRows(cell: CellResult, index: number, several: boolean): (readonly (string | Markup)[])[] {
  const link = html`<a href="#${anchorOf(index)}">${cell.id}</a>`;
  const [only] = cell.trials;
  if (only === undefined) return [[link, ...(several ? ['none'] : []), verdictCell(cell), heldText(cell.objectives)]];
  if (cell.peak !== null)
    return [[link, html`<span class="nowrap">levels</span>`, verdictCell(cell), heldText(cell.objectives)]];
  if (cell.trials.length === 1) {
    return [[link, ...(several ? [trialCell(only)] : []), verdictCell(cell), ...figures(only, cell.objectives)]];
  }
  return [
    [link, html`<span class="nowrap">all valid</span>`, verdictCell(cell), heldText(cell.objectives)],
    ...cell.trials.map((trial) => [
      cell.id,
      trialCell(trial),
      badge(trial.verdict.kind),
      ...figures(trial, trial.objectives),
    ]),
  ];
}

const figures = (
  { accounting, rates, latency: { response } }: TrialResult,
  objectives: CellResult['objectives'],
): readonly (string | Markup)[] => [
  heldText(objectives),
  countText(accounting.scheduled),
  percentText(errorShare(accounting)),
  figureText(rates.offered),
  figureText(rates.achieved),
  ...PERCENTILES.map((name) => estimateCell(response[name])),
];

const trialCell = (trial: TrialResult): Markup => html`<span class="nowrap">${trialName(trial)}</span>`;

const verdictCell = ({ verdict, judged }: CellResult): Markup =>
  judged ? badge(verdict.kind) : html`${badge(verdict.kind)} <small>not judged</small>`;

const heldText = (objectives: CellResult['objectives']): string =>
  `${objectives.filter(({ verdict }) => verdict === 'pass').length} of ${objectives.length}`;
