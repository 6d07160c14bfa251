import type { ObjectiveResult } from '../verdict/objective-result.ts';
import type { PeakResult } from '../verdict/peak/found.ts';
import type { Accounting, Rates } from '../verdict/request-figures.ts';
import { errorShare, failedOf } from '../verdict/request-figures.ts';
import type { Benchmarks, CellResult } from '../verdict/result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import type { Reason, Verdict, VerdictKind } from '../verdict/verdict.ts';
import { countText, estimateText, figureText, needsText, percentText } from './figures.ts';
import { NEVER_STARTED, notRunLines, resumedLines } from './gaps.ts';
import { breakpointText } from './judged-on.ts';
import { k6Lines } from './k6-lines.ts';
import { LATENCY_HEADING, latencyNotes, latencyRows } from './latency-grid.ts';
import { bulleted, columns, type Paint } from './layout.ts';
import { lookLines } from './looks.ts';
import { measuredOnText } from './measured-on-text.ts';
import { networkText } from './network-text.ts';
import { observedLines, slowLines } from './observed-lines.ts';
import { levelRows, levelsNote, peakText } from './peak-text.ts';
import { rejudgedLines } from './rejudged.ts';
import { betweenTrialsLines, scatterText } from './scatter.ts';
import { serverLines } from './server-lines.ts';
import { type ServingTax, servingTaxes, TAX_HEADING, TAX_NOTE, taxRows, taxTitle } from './serving-tax.ts';
import { steadinessLines } from './steadiness.ts';
import { phaseRows, summaryHeading, summaryRows } from './summary.ts';

const WIDTH = 100;
/** Of text inside a trial of several, the deepest indentation. */
const INNER_WIDTH = WIDTH - 4;

/**
 * The result of a run for a terminal of 100 columns: every cell and trial, then a summary and the verdict. `exitCode`: the
 * one that the program really ends with, where that is not the verdict's own (`--strict`).
 */
export function tableText(
  benchmarks: Benchmarks,
  paint: Paint,
  exitCode: number = benchmarks.verdict.exitCode,
): string {
  const { run, cells } = benchmarks;
  const heading = `${run.campaign}  run ${run.id}  seed ${run.seed}  loadcell ${run.loadcell}`;
  const lines = [
    paint.strong(heading),
    ...resumedLines(benchmarks),
    ...rejudgedLines(benchmarks).flatMap((line) => bulleted('', line, WIDTH)),
    ...cells.flatMap((cell) => ['', ...cellLines(cell, paint)]),
    ...servingTaxes(benchmarks).flatMap((tax) => ['', ...taxLines(tax, paint)]),
    '',
    ...summaryLines(benchmarks, paint, exitCode),
  ];
  return `${lines.join('\n')}\n`;
}

const taxLines = (tax: ServingTax, paint: Paint): string[] => [
  paint.strong(taxTitle(tax)),
  ...indent(columns([TAX_HEADING, ...taxRows(tax)])),
  ...indent(bulleted('note: ', TAX_NOTE, INNER_WIDTH)),
];

function cellLines(cell: CellResult, paint: Paint): string[] {
  const values = Object.entries(cell.values).map(([name, value]) => `${name}=${value}`);
  const outside = cell.judged ? '' : ', not judged';
  const title = `${cell.id}  (${values.join(' ')}${outside})`;
  return [
    `${paint.strong(title)}  ${paintVerdict(cell.verdict.kind, paint)}`,
    ...indent(labelLines('on        ', measuredOnText(cell))),
    ...indent(labelLines('network   ', networkText(cell))),
    ...indent(trialsLines(cell, paint)),
    ...indent(cell.breakpoint === null ? [] : bulleted('', breakpointText(cell.breakpoint), INNER_WIDTH)),
    ...indent(objectiveLines(cell.objectives, paint)),
    ...indent(verdictLines(cell.verdict, paint)),
  ];
}

const labelLines = (label: string, text: string | null): string[] =>
  text === null ? [] : bulleted(label, text, INNER_WIDTH);

function trialsLines(cell: CellResult, paint: Paint): string[] {
  const [first, ...others] = cell.trials;
  if (cell.peak !== null) return peakLines(cell.peak, cell);
  const missing = notRunLines(cell).flatMap((line) => bulleted('', line, INNER_WIDTH));
  if (first === undefined) return ['no trial was run', ...missing];
  if (others.length === 0) return [...trialLines(first), ...missing];
  return [
    ...cell.trials.flatMap((trial) => titledTrialLines(trial, paint)),
    ...missing,
    'over all valid trials',
    ...betweenTrialsLines(cell).flatMap((line) => bulleted('', line, INNER_WIDTH)),
  ];
}

/** A search: what it found, and its levels in place of a block for each. */
function peakLines(peak: PeakResult, cell: CellResult): string[] {
  const missing = notRunLines(cell).flatMap((line) => bulleted('', line, INNER_WIDTH));
  if (peak.levels.length === 0) return [...bulleted('peak  ', peakText(peak), INNER_WIDTH), ...missing];
  return [
    ...bulleted('peak  ', peakText(peak), INNER_WIDTH),
    ...columns(levelRows(peak)),
    ...bulleted('note: ', levelsNote(peak), INNER_WIDTH),
    ...missing,
  ];
}

function titledTrialLines(trial: TrialResult, paint: Paint): string[] {
  const { index, attempt, verdict } = trial;
  const name = attempt > 1 ? `trial ${index}, attempt ${attempt}` : `trial ${index}`;
  return [
    `${paint.strong(name)}  ${paintVerdict(verdict.kind, paint)}`,
    ...indent([...trialLines(trial), ...verdictLines(verdict, paint)]),
  ];
}

function trialLines(trial: TrialResult): string[] {
  if (trial.startedAt === null) return [NEVER_STARTED];
  const phases = phaseRows(trial);
  return [
    accountingLine(trial.accounting),
    ratesLine(trial.rates),
    ...errorLines(trial),
    ...columns([LATENCY_HEADING, ...latencyRows(trial.latency)]),
    ...[...latencyNotes(trial.latency, trial.rates.offered), ...k6Lines(trial)].flatMap((note) =>
      bulleted('note: ', note, INNER_WIDTH),
    ),
    ...(phases.length > 2 ? columns(phases) : []),
    ...lookLines(trial).flatMap((line) => bulleted('looks     ', line, INNER_WIDTH)),
    ...steadinessLines(trial).flatMap((line) => bulleted('steady    ', line, INNER_WIDTH)),
    ...slowLines(trial).flatMap((line) => bulleted('slow      ', line, INNER_WIDTH)),
    ...serverLines(trial).flatMap((line) => bulleted('server    ', line, INNER_WIDTH)),
    ...observedLines(trial).flatMap((line) => bulleted('gpu       ', line, INNER_WIDTH)),
  ];
}

export function accountingLine(accounting: Accounting): string {
  const { scheduled, ok, shed, unfinished, cancelled } = accounting;
  const parts = `${countText(ok)} ok + ${countText(failedOf(accounting))} failed + ${countText(shed)} shed + ${countText(unfinished)} unfinished`;
  const later = cancelled === 0 ? '' : `; ${countText(cancelled)} cancelled`;
  return `requests  ${countText(scheduled)} scheduled = ${parts}${later}`;
}

export function ratesLine({ offered, started, achieved, goodput, samples }: Rates): string {
  const figures = Object.entries({ offered, started, achieved, goodput, samples });
  return `per s     ${figures.map(([name, value]) => `${name} ${figureText(value)}`).join('  ')}`;
}

/** The share of errors, then the commonest failures. */
export const errorLines = ({ accounting, failures }: TrialResult): string[] => [
  `errors    ${percentText(errorShare(accounting))} of scheduled`,
  ...failures.flatMap(({ class: kind, code, message, count, firstMs, agent }) => {
    const text = `${countText(count)} x ${kind} ${code}: ${message} (first at ${figureText(firstMs / 1000)} s, ${agent})`;
    return bulleted('          ', text, INNER_WIDTH);
  }),
];

export function objectiveLines(objectives: readonly ObjectiveResult[], paint: Paint): string[] {
  const rows = objectives.map(({ objective, observed, unit, over, phase }) => [
    objective,
    estimateText(observed, unit),
    over === null ? '' : `${countText(over.count)} of ${countText(over.of)} over`,
    phase === null ? '' : `at ${phase}`,
  ]);
  const texts = leftColumns(rows);
  const lines = objectives.flatMap((objective, index) => {
    const { verdict, needs } = objective;
    const line = `${paintVerdict(verdict, paint)}${' '.repeat(14 - verdict.length)}${texts[index]}`;
    const scatter = scatterText(objective);
    const more = needs === null ? null : needsText(needs);
    const notes = [scatter, more].filter((note) => note !== null);
    return [line, ...notes.map((note) => `${' '.repeat(14)}${note}`)];
  });
  return [...lines, ...blindLines(objectives)];
}

/** What the passes cannot see, once for those that see equally far. */
function blindLines(objectives: readonly ObjectiveResult[]): string[] {
  const blind = objectives.flatMap(({ objective, blindToRarerThanS: s }) => (s === null ? [] : [{ objective, s }]));
  const reaches = [...new Set(blind.map(({ s }) => s))];
  return reaches.flatMap((s) => {
    const whose = blind.filter((one) => one.s === s).map(({ objective }) => objective);
    const who = reaches.length === 1 ? 'a pass here' : `a pass of ${whose.join(', ')}`;
    return bulleted('note: ', `${who} is blind to events rarer than one in ${figureText(s)} s`, INNER_WIDTH);
  });
}

/** Reasons first, then cautions, each with what to do about it. */
export function verdictLines(verdict: Verdict, paint: Paint): string[] {
  const colour = colourOf(verdict.kind, paint);
  return [
    ...verdict.reasons.flatMap((reason) => reasonLines(reason, `${verdict.kind}: `, colour)),
    ...verdict.cautions.flatMap((caution) => reasonLines(caution, 'caution: ', paint.doubtful)),
  ];
}

function reasonLines(
  { code, where, message, hint }: Reason,
  bullet: string,
  colour: (text: string) => string,
): string[] {
  const [first = '', ...rest] = bulleted(bullet, `${message} [${code}, ${where}]`, INNER_WIDTH);
  const indentation = ' '.repeat(bullet.length);
  const advice = hint === '' ? [] : bulleted(`${indentation}-> `, hint, INNER_WIDTH);
  return [`${colour(bullet)}${first.slice(bullet.length)}`, ...rest, ...advice];
}

function summaryLines(benchmarks: Benchmarks, paint: Paint, exitCode: number): string[] {
  const { cells, verdict } = benchmarks;
  const table = columns([summaryHeading(cells), ...summaryRows(cells)]);
  const told = new Set(cells.flatMap((cell) => [...cell.verdict.reasons, ...cell.verdict.cautions].map(keyOf)));
  const untold = (reasons: readonly Reason[]): Reason[] => reasons.filter((reason) => !told.has(keyOf(reason)));
  const colour = colourOf(verdict.kind, paint);
  const cautions = verdict.cautions.length;
  const tail = cautions === 0 ? '' : `, ${cautions} ${cautions === 1 ? 'caution' : 'cautions'}`;
  return [
    paint.strong(table[0] ?? ''),
    ...table.slice(1),
    ...untold(verdict.reasons).flatMap((reason) => reasonLines(reason, `${verdict.kind}: `, colour)),
    ...untold(verdict.cautions).flatMap((caution) => reasonLines(caution, 'caution: ', paint.doubtful)),
    `verdict: ${paintVerdict(verdict.kind, paint)} (exit ${exitCode}${tail})`,
  ];
}

const keyOf = ({ code, where, message }: Reason): string => `${code} ${where} ${message}`;

function leftColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

function colourOf(kind: VerdictKind, paint: Paint): (text: string) => string {
  if (kind === 'pass') return paint.good;
  return kind === 'inconclusive' ? paint.doubtful : paint.bad;
}

export const paintVerdict = (kind: VerdictKind, paint: Paint): string => colourOf(kind, paint)(kind.toUpperCase());
