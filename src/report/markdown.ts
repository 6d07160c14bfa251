import type { Benchmarks, CellResult } from '../verdict/result.ts';
import { countText, figureText } from './figures.ts';
import { resumedLines } from './gaps.ts';
import { cellBlock } from './markdown-cell.ts';
import { cautionItems, runReasons } from './markdown-reasons.ts';
import { escaped, fitting, folded, gridHeading, gridRow, gridTable } from './markdown-text.ts';
import { NETWORK_HEADING, networkRows } from './network-text.ts';
import { cautionsTitle } from './reasons.ts';
import { rejudgedLines } from './rejudged.ts';
import { servingTaxes, TAX_HEADING, TAX_NOTE, taxRows, taxTitle } from './serving-tax.ts';
import { summaryHeading, summaryRows } from './summary.ts';
import { verdictSentence } from './verdict-sentence.ts';

/** The longest comment that GitHub takes, in characters. */
const LONGEST = 65_536;
/** Room for each part but the cells, which have what is left. */
const ROOM = { reasons: 10_000, table: 14_000, cautions: 6000, instrument: 4000, evidence: 4000 };
/** No cell is shorter. */
const LEAST_CELL = 400;
const MOST_TAXES = 4;
const ELSEWHERE = 'they are in `report.html` and `benchmarks.json`';

/**
 * `report.md`: the result in GitHub-flavoured Markdown, computed from `benchmarks.json` alone. The verdict comes first, and
 * the whole fits a comment on a pull request: what does not is named and left out, cells that pass before others.
 */
export function markdownReport(benchmarks: Benchmarks): string {
  const head = headBlocks(benchmarks);
  const tail = [instrumentBlock(benchmarks), evidenceBlock(benchmarks)];
  const room = LONGEST - lengthOf([...head, ...tail]) - 1;
  return `${[...head, ...cellBlocks(benchmarks.cells, room), ...tail].join('\n\n')}\n`;
}

/** Of blocks with a blank line after each. */
const lengthOf = (blocks: readonly string[]): number => blocks.reduce((sum, block) => sum + block.length + 2, 0);

function headBlocks(benchmarks: Benchmarks): string[] {
  const { run, verdict, cells } = benchmarks;
  const reasons = fitting(
    runReasons(verdict, cells),
    ROOM.reasons,
    (count) => `- ${countText(count)} more: ${ELSEWHERE}.`,
  );
  const table = fitting(summaryRows(cells).map(gridRow), ROOM.table, (count) =>
    gridRow([`${countText(count)} more cells`]),
  );
  const cautions = cautionItems(verdict.cautions);
  const shown = fitting(cautions, ROOM.cautions, (count) => `- ${countText(count)} more: ${ELSEWHERE}.`);
  const title = cautionsTitle(verdict.cautions.length);
  return [
    `# ${escaped(run.campaign)}: ${verdict.kind}`,
    `${verdictSentence(benchmarks)} Exit code ${verdict.exitCode}.`,
    ...rejudgedLines(benchmarks).map((line) => `**${escaped(line)}**`),
    ...(reasons.length === 0 ? [] : [reasons.join('\n')]),
    [...gridHeading(summaryHeading(cells)), ...table].join('\n'),
    ...taxBlocks(benchmarks),
    ...(cautions.length === 0 ? [] : [folded(title, [shown.join('\n')])]),
    `Run \`${run.id}\`, ${run.state}, from ${run.startedAt} to ${run.endedAt}, seed ${run.seed}, loadcell ${run.loadcell}.`,
    ...resumedLines(benchmarks).map((line) => `This run was ${line}.`),
  ];
}

/** What serving costs, for the first few models: a run that compares many ways holds few. */
const taxBlocks = (benchmarks: Benchmarks): string[] =>
  servingTaxes(benchmarks)
    .slice(0, MOST_TAXES)
    .flatMap((tax) => [`**${escaped(taxTitle(tax))}**`, gridTable([TAX_HEADING, ...taxRows(tax)]), escaped(TAX_NOTE)]);

/** Cells in their order: whole where they fit, else without their trials, else by name alone. The gravest have the first choice. */
function cellBlocks(cells: readonly CellResult[], room: number): string[] {
  const chosen = new Map<CellResult, string>();
  let left = room - 2000;
  for (const cell of cells.toSorted((a, b) => gravity(a) - gravity(b))) {
    if (left < LEAST_CELL) break;
    const block = [cellBlock(cell, 'full'), cellBlock(cell, 'short')].find((form) => form.length + 2 <= left);
    if (block === undefined) continue;
    chosen.set(cell, block);
    left -= block.length + 2;
  }
  const missing = cells.filter((cell) => !chosen.has(cell)).map(({ id }) => `- ${escaped(id)}`);
  const names = fitting(missing, 1500, (count) => `- and ${countText(count)} more`);
  return [
    ...cells.flatMap((cell) => chosen.get(cell) ?? []),
    ...(missing.length === 0
      ? []
      : [`${countText(missing.length)} cells are left out here for length; ${ELSEWHERE}:`, names.join('\n')]),
  ];
}

/** What needs looking at comes first. */
const gravity = ({ judged, verdict }: CellResult): number =>
  judged ? ['fail', 'invalid', 'inconclusive', 'pass'].indexOf(verdict.kind) : 4;

function instrumentBlock({ instrument, nodes, cells }: Benchmarks): string {
  const networks = networkRows(cells);
  const clocks = instrument.clocks.map(({ agent, offsetMs, boundMs, driftPpm }) => [
    agent,
    figureText(offsetMs),
    figureText(boundMs),
    figureText(driftPpm),
  ]);
  const places = nodes.map(({ id, agents }) => `- \`${id}\`: ${agents.join(', ')}`);
  const blocks = [
    ...(places.length === 0 ? [] : [places.join('\n')]),
    ...(clocks.length === 0 ? [] : [gridTable([['agent', 'clock offset ms', '+- ms', 'drift ppm'], ...clocks])]),
    ...(networks.length === 0 ? [] : [gridTable([NETWORK_HEADING, ...networks])]),
    ...instrument.calibration.map((calibration) => `\`\`\`json\n${JSON.stringify(calibration)}\n\`\`\``),
  ];
  return folded(
    'Instrument',
    fitting(blocks, ROOM.instrument, () => `More nodes, clocks and calibrations: ${ELSEWHERE}.`),
  );
}

function evidenceBlock({ run, evidence }: Benchmarks): string {
  const rows = evidence.map(({ path, bytes, sha256 }) => gridRow([path, countText(bytes), sha256]));
  const shown = fitting(rows, ROOM.evidence, (count) => gridRow([`${countText(count)} more files`]));
  return folded('Evidence', [
    `Campaign ${run.campaignDigest}, plan ${run.planDigest}, source ${run.source.commit ?? 'outside a repository'}${run.source.dirty === true ? ' with local changes' : ''}.`,
    [...gridHeading(['file', 'bytes', 'SHA-256']), ...shown].join('\n'),
  ]);
}
