import type { ObjectiveResult } from '../../verdict/objective-result.ts';
import type { CellResult } from '../../verdict/result.ts';
import type { TrialResult } from '../../verdict/trial-result.ts';
import { countText, estimateText, figureText, needsText } from '../figures.ts';
import { notRunLines } from '../gaps.ts';
import { breakpointText, judgedOnText } from '../judged-on.ts';
import { measuredOnText } from '../measured-on-text.ts';
import { networkText } from '../network-text.ts';
import { betweenTrialsLines, scatterText } from '../scatter.ts';
import { anchorOf } from './anchor.ts';
import type { TrialData } from './chart-data.ts';
import { chartsOf } from './charts.ts';
import { html, type Markup, nothing, when } from './markup.ts';
import { peakSection } from './peak-section.ts';
import { badge, cautionList, reasonList } from './reasons.ts';
import { prose, table, text } from './table.ts';
import { trialName } from './trial-name.ts';
import { trialTables } from './trial-tables.ts';

/** One cell: its verdict and why, its objectives, its charts, and every trial in tables. */
export function cellSection(cell: CellResult, index: number, trials: readonly TrialData[]): Markup {
  const anchor = anchorOf(index);
  const values = Object.entries(cell.values).map(([name, value]) => `${name} = ${value}`);
  const outside = cell.judged ? nothing : html` <small>outside the run's verdict</small>`;
  return html`<section class="cell" aria-labelledby="${anchor}">
<h3 id="${anchor}">${cell.id} ${badge(cell.verdict.kind)}${outside}</h3>
<p>Target <code>${cell.target}</code>, scenario <code>${cell.scenario}</code>${values.length === 0 ? '' : `, ${values.join(', ')}`}. <a class="back" href="#cells">All cells</a></p>
${labelsOf(cell)}${reachOf(cell)}${peakSection(cell, index)}${reasonList(cell.verdict, null)}${objectiveTable(cell.objectives, `${anchor}-objectives`)}${betweenTrialsList(cell)}${cautionList(cell.verdict.cautions, null)}${chartsOf(index, cell.id, trials)}
${trialsOf(cell, anchor)}</section>
`;
}

const labelsOf = (cell: CellResult): Markup =>
  html`${[measuredOnText(cell), networkText(cell)].map((text) => (text === null ? nothing : html`<p><strong>${text}</strong></p>\n`))}`;

const betweenTrialsList = (cell: CellResult): Markup =>
  html`${betweenTrialsLines(cell).map((line) => html`<p>${line}</p>\n`)}`;

const reachOf = ({ breakpoint }: CellResult): Markup =>
  breakpoint === null ? nothing : html`<p>${breakpointText(breakpoint)}</p>\n`;

function trialsOf(cell: CellResult, anchor: string): Markup {
  const { trials } = cell;
  const missing = notRunLines(cell).map((line) => html`<p>${line}</p>\n`);
  const [only] = trials;
  if (only === undefined) return html`<p>No trial was run.</p>\n${missing}`;
  if (trials.length === 1) return html`${missing}${trialTables(only, `${anchor}-1`)}`;
  return html`${missing}${trials.map((trial, index) => titledTrial(trial, `${anchor}-${index + 1}`))}`;
}

function titledTrial(trial: TrialResult, prefix: string): Markup {
  const name = trialName(trial);
  return html`<details class="trial"><summary><h4>${name} ${badge(trial.verdict.kind)}</h4></summary>
${reasonList(trial.verdict, null)}${cautionList(trial.verdict.cautions, null)}${objectiveTable(trial.objectives, `${prefix}-objectives`)}${trialTables(trial, prefix)}</details>
`;
}

function objectiveRow(result: ObjectiveResult): readonly (string | Markup)[] {
  const { objective, verdict, observed, unit, over, needs, blindToRarerThanS: blind } = result;
  const scatter = scatterText(result);
  const more = needs === null ? nothing : html`<br><small>${needsText(needs)}</small>`;
  return [
    html`<code>${objective}</code>`,
    html`${badge(verdict)}${more}`,
    html`${estimateText(observed, unit)}${scatter === null ? nothing : html`<br><small>${scatter}</small>`}`,
    over === null ? '' : `${countText(over.count)} of ${countText(over.of)}`,
    judgedOnText(result),
    blind === null ? '' : `events rarer than one in ${figureText(blind)} s`,
  ];
}

function objectiveTable(objectives: readonly ObjectiveResult[], id: string): Markup {
  return when(objectives.length > 0, () =>
    table({
      id,
      caption: 'Objectives',
      columns: [
        text('objective'),
        text('verdict'),
        prose('observed'),
        text('over the limit'),
        text('judged on'),
        prose('blind to'),
      ],
      rows: objectives.map(objectiveRow),
    }),
  );
}
