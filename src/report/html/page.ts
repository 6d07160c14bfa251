import type { Plan } from '../../campaign/plan.ts';
import type { TrialEvidence } from '../../verdict/evidence.ts';
import type { Benchmarks, CellResult } from '../../verdict/result.ts';
import { resumedLines } from '../gaps.ts';
import { rejudgedLines } from '../rejudged.ts';
import { verdictSentence } from '../verdict-sentence.ts';
import { cellSection } from './cell-section.ts';
import { cellsTable } from './cells-table.ts';
import type { TrialData } from './chart-data.ts';
import { comparison } from './comparison.ts';
import { blindSection, evidenceSection, methodSection } from './explanation.ts';
import { PAGE_SCRIPT } from './gen/page-script.ts';
import { instrumentSection } from './instrument.ts';
import { html, inlined, type Markup, when } from './markup.ts';
import { badge, cautionList, reasonList } from './reasons.ts';
import { PAGE_STYLE } from './style.ts';
import { taxSection } from './tax-section.ts';
import { trialData } from './trial-data.ts';

/** What the page takes from outside, as text: uPlot's program (which makes the global `uPlot`) and its style sheet. */
export interface PageKit {
  readonly uplotScript: string;
  readonly uplotStyle: string;
  /** Base64 of the SHA-256 of a text's UTF-8 bytes. */
  readonly sha256: (text: string) => string;
}

/**
 * `report.html`: the whole result as one page that needs nothing beside itself and cannot reach the network. Tables and
 * the comparison of cells show without a script; the charts over time are drawn by the page's own, which is the only
 * one that its policy lets run.
 */
export function htmlReport(
  benchmarks: Benchmarks,
  plan: Plan,
  trials: readonly TrialEvidence[],
  { uplotScript, uplotStyle, sha256 }: PageKit,
): string {
  const program = `${uplotScript}\n${PAGE_SCRIPT}`;
  const style = `${uplotStyle}\n${PAGE_STYLE}`;
  const policy = `default-src 'none'; script-src 'sha256-${sha256(program)}'; style-src 'sha256-${sha256(style)}'; base-uri 'none'; form-action 'none'`;
  const { run, verdict } = benchmarks;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${run.campaign}: ${verdict.kind}, ${run.startedAt.slice(0, 16).replace('T', ' ')} UTC</title>
${inlined('style', style)}
</head>
<body>
<a class="skip" href="#cells">Skip to the cells</a>
${heading(benchmarks, plan)}
<main>
${verdictBlock(benchmarks)}
${instrumentSection(benchmarks)}
${cellsBlock(benchmarks.cells)}
${taxSection(benchmarks)}${benchmarks.cells.map((cell, index) => cellSection(cell, index, chartsOfCell(plan, trials, cell, index)))}
${blindSection(benchmarks.cells)}
${methodSection()}
${evidenceSection(benchmarks)}
</main>
${inlined('script', program)}
</body>
</html>
`.text;
}

function heading(benchmarks: Benchmarks, { campaign }: Plan): Markup {
  const { run, verdict } = benchmarks;
  const labels = Object.entries(run.labels).map(([name, value]) => `${name} = ${value}`);
  const facts = [
    `run ${run.id}`,
    ...(run.state === 'complete' ? [] : [run.state]),
    ...(run.environment === null ? [] : [`environment ${run.environment}`]),
    ...labels,
  ];
  return html`<header>
<h1>${run.campaign} <span class="unseen">:</span> ${badge(verdict.kind)}</h1>
${resumedLines(benchmarks).map((line) => html`<p>This run was ${line}.</p>`)}${when(campaign.description, () => html`<p class="description">${campaign.description ?? ''}</p>`)}
<p class="facts">${facts.join(' · ')}</p>
<nav aria-label="Sections"><a href="#verdict">Verdict</a> <a href="#instrument">Instrument</a> <a href="#cells">Cells</a> <a href="#method">How the numbers were made</a> <a href="#evidence">Evidence</a></nav>
</header>`;
}

function verdictBlock(benchmarks: Benchmarks): Markup {
  const { verdict, cells } = benchmarks;
  return html`<section class="verdict ${verdict.kind}" aria-labelledby="verdict"><h2 id="verdict">Verdict: ${verdict.kind}, exit code ${verdict.exitCode}</h2>
<p>${verdictSentence(benchmarks)}</p>
${rejudgedLines(benchmarks).map((line) => html`<p class="notice">${line}</p>`)}${reasonList(verdict, cells)}${cautionList(verdict.cautions, cells)}</section>`;
}

const cellsBlock = (
  cells: readonly CellResult[],
): Markup => html`<section aria-labelledby="cells"><h2 id="cells">Cells</h2>
${cellsTable(cells)}${comparison(cells)}<p class="notice unscripted">The charts over time are drawn by this page's script, which does not run here. All tables are complete without it.</p>
</section>`;

/** Of every trial that began, in the order of the result. */
function chartsOfCell(
  plan: Plan,
  trials: readonly TrialEvidence[],
  { trials: results }: CellResult,
  index: number,
): readonly TrialData[] {
  const cell = plan.cells[index];
  if (cell === undefined) return [];
  return results.flatMap((result) => {
    const evidence = trials.find(
      ({ cell: of, trial, attempt }) => of === index && trial === result.index && attempt === result.attempt,
    );
    return evidence === undefined || evidence.seconds.length === 0 ? [] : [trialData(cell, evidence, result)];
  });
}
