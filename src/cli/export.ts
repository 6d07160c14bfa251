import { basename, join, resolve } from 'node:path';
import { computeResults, type Results } from '../coordinator/judge-folder.ts';
import { writeWhole } from '../coordinator/results-folder.ts';
import { hgrmText } from '../report/hdr/hgrm.ts';
import { intervalLog } from '../report/hdr/interval-log.ts';
import { isTold, type Metric } from '../report/hdr/metric.ts';
import { percentilesCsv, quoted, TRIAL_COLUMNS } from '../report/percentiles-csv.ts';
import { seriesCsv } from '../report/series.ts';
import { latencyLimits } from '../verdict/limits.ts';
import { seriesPath } from '../verdict/series.ts';
import { trialView, wholeOf } from '../verdict/trial-view.ts';
import {
  nothingTold,
  onlyTrial,
  type SelectedTrial,
  type SelectionOptions,
  selectedMetrics,
  selectedTrials,
} from './export-selection.ts';
import { nearPath } from './result-lines.ts';
import { explained, folderOf, type RunsOptions } from './run-argument.ts';

export interface ExportOptions extends RunsOptions, SelectionOptions {
  readonly format: 'hgrm' | 'hdrlog' | 'csv';
  /** Of `csv` on standard output. */
  readonly table: 'percentiles' | 'series';
  readonly out?: string;
}

/** Name of a file and the pieces of its text. */
type Exported = readonly [name: string, pieces: () => Iterable<string>];

/** `loadcell export`: a run's distributions and series for other tools, to standard output or as files of `--out`. */
export async function exportRun(run: string, options: ExportOptions): Promise<void> {
  const folder = await folderOf(run, options);
  const results = await explained(computeResults(folder));
  const { out } = options;
  const files = exportedFiles(results, options);
  if (files.length === 0) throw nothingTold(options);
  if (out === undefined) {
    for (const [, pieces] of files) for (const piece of pieces()) process.stdout.write(piece);
    return;
  }
  for (const [name, pieces] of files) {
    const path = join(resolve(out), name);
    await explained(writeWhole(path, [...pieces()].join('')));
    process.stdout.write(`${nearPath(path)}\n`);
  }
}

function exportedFiles(results: Results, options: ExportOptions): readonly Exported[] {
  const trials = selectedTrials(results, options);
  const metrics = selectedMetrics(options, options.out);
  const { id: runId } = results.benchmarks.run;
  switch (options.format) {
    case 'hgrm':
      return hgrmFiles(runId, options.out === undefined ? [onlyTrial(trials)] : trials, metrics);
    case 'hdrlog':
      return hdrlogFiles(runId, trials, metrics);
    case 'csv':
      return csvFiles(results, trials, options);
  }
}

const hgrmFiles = (runId: string, trials: readonly SelectedTrial[], metrics: readonly Metric[]): readonly Exported[] =>
  trials.map(withWhole).flatMap(({ cell, evidence, name, whole }) => {
    const base = basename(seriesPath(cell.id, evidence.trial, evidence.attempt), '.csv');
    return metrics
      .filter((metric) => isTold(whole, metric))
      .map((metric) => [`${base}.${metric}.hgrm`, () => [hgrmText(whole, metric, { runId, trial: name })]] as const);
  });

function hdrlogFiles(runId: string, trials: readonly SelectedTrial[], metrics: readonly Metric[]): readonly Exported[] {
  const measured = trials.map(withWhole);
  return metrics.flatMap((metric) => {
    const told = measured.filter(({ whole }) => isTold(whole, metric)).map(logged);
    return told.length === 0 ? [] : [[`${metric}.hlog`, () => intervalLog(runId, metric, told)] as const];
  });
}

/** With everything that was counted in its measure phases. */
const withWhole = (trial: SelectedTrial) => ({
  ...trial,
  whole: wholeOf([trialView(trial.cell, trial.evidence)], latencyLimits(trial.cell.objectives).length),
});

const logged = ({ cell, evidence, name }: SelectedTrial) => ({
  name,
  zeroMs: Date.parse(evidence.startedAt ?? ''),
  phases: cell.phases,
  slots: evidence.slots,
});

function csvFiles(
  { benchmarks }: Results,
  trials: readonly SelectedTrial[],
  { table, out }: ExportOptions,
): readonly Exported[] {
  const keep = (id: string, index: number): boolean =>
    trials.some(({ cell, evidence }) => cell.id === id && evidence.trial === index);
  const files: readonly Exported[] = [
    ['percentiles.csv', () => [percentilesCsv(benchmarks, keep)]],
    ['series.csv', () => seriesOf(trials)],
  ];
  return out === undefined ? files.filter(([name]) => name === `${table}.csv`) : files;
}

/** Every trial's series below one heading, each row with the trial that it is of. */
function* seriesOf(trials: readonly SelectedTrial[]): Generator<string> {
  for (const [index, { cell, evidence }] of trials.entries()) {
    const [heading, ...rows] = seriesCsv(evidence.seconds).trimEnd().split('\n');
    if (index === 0) yield `${TRIAL_COLUMNS.join(',')},${heading}\n`;
    const of = `${quoted(cell.id)},${evidence.trial},${evidence.attempt}`;
    for (const row of rows) yield `${of},${row}\n`;
  }
}
