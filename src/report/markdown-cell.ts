import type { ObjectiveResult } from '../verdict/objective-result.ts';
import type { PeakResult } from '../verdict/peak/found.ts';
import type { CellResult } from '../verdict/result.ts';
import { countText, estimateText, figureText, needsText } from './figures.ts';
import { notRunLines } from './gaps.ts';
import { breakpointText, judgedOnText } from './judged-on.ts';
import { reasonBlocks } from './markdown-reasons.ts';
import { bullets, escaped, folded, gridTable } from './markdown-text.ts';
import { trialBlocks } from './markdown-trial.ts';
import { measuredOnText } from './measured-on-text.ts';
import { networkText } from './network-text.ts';
import { levelRows, levelsNote, peakText } from './peak-text.ts';
import { betweenTrialsLines, scatterText } from './scatter.ts';
import { summaryRow } from './summary.ts';

/** A cell, folded unless there is something to see to. `short`: without its trials, for a report that has many cells. */
export function cellBlock(cell: CellResult, form: 'full' | 'short'): string {
  const { peak } = cell;
  const trials =
    peak !== null
      ? levelBlocks(peak)
      : form === 'full'
        ? cell.trials.flatMap((trial) => trialBlocks(trial, cell.trials.length))
        : ['Its trials are left out here for length; they are in `report.html` and `benchmarks.json`.'];
  const blocks = [...headBlocks(cell), ...(cell.trials.length === 0 ? [] : trials)];
  return folded(titleOf(cell), blocks, cell.judged && cell.verdict.kind !== 'pass' ? 'open' : 'closed');
}

/** A search has a table of its levels in place of its trials. */
const levelBlocks = (peak: PeakResult): string[] => [
  gridTable(levelRows(peak)),
  escaped(levelsNote(peak)),
  'Every level stands as a trial in `report.html` and `benchmarks.json`.',
];

function titleOf(cell: CellResult): string {
  const [, , held, , , , p95, , errors] = summaryRow(cell);
  const judged = cell.judged ? cell.verdict.kind : `${cell.verdict.kind}, outside the run's verdict`;
  if (cell.trials.length === 0) return `${cell.id}: ${judged}, no trial was run`;
  if (cell.peak !== null) return `${cell.id}: ${judged}. ${peakText(cell.peak)}`;
  return `${cell.id}: ${judged}, ${held} objectives held, p95 ${p95} ms, errors ${errors}`;
}

function headBlocks(cell: CellResult): string[] {
  const values = Object.entries(cell.values).map(([name, value]) => `, ${name} = ${value}`);
  const labels = [measuredOnText(cell), networkText(cell)].filter((text) => text !== null);
  return [
    `Target \`${cell.target}\`, scenario \`${cell.scenario}\`${escaped(values.join(''))}.`,
    ...labels.map((text) => `**${escaped(text)}**`),
    ...(cell.peak === null ? [] : [`**${escaped(peakText(cell.peak))}**`]),
    ...(cell.breakpoint === null ? [] : [escaped(breakpointText(cell.breakpoint))]),
    ...objectiveBlocks(cell.objectives),
    ...bullets(betweenTrialsLines(cell)),
    ...reasonBlocks(cell.verdict),
    ...bullets(notRunLines(cell)),
  ];
}

function objectiveBlocks(objectives: readonly ObjectiveResult[]): string[] {
  if (objectives.length === 0) return [];
  const rows = objectives.map((judged) => {
    const { objective, observed, unit, over, verdict, needs, blindToRarerThanS: blind } = judged;
    return [
      objective,
      needs === null ? verdict : `${verdict}, ${needsText(needs)}`,
      [estimateText(observed, unit), scatterText(judged)].filter((text) => text !== null).join('; '),
      over === null ? '' : `${countText(over.count)} of ${countText(over.of)}`,
      judgedOnText(judged),
      blind === null ? '' : `events rarer than one in ${figureText(blind)} s`,
    ];
  });
  return [gridTable([['objective', 'verdict', 'observed', 'over', 'judged on', 'blind to'], ...rows])];
}
