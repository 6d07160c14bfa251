import { hostname } from 'node:os';
import { type ListedRun, listRuns } from '../coordinator/run-list.ts';
import { processWitness } from '../engines/process-witness.ts';
import { countText } from '../report/figures.ts';
import { bulleted, columns, type Paint } from '../report/layout.ts';
import { paintFor } from './progress.ts';
import type { RunsOptions } from './run-argument.ts';

/** `loadcell runs`: what lies below the results folder, the newest run first. */
export async function showRuns(options: RunsOptions & { readonly json?: boolean }): Promise<void> {
  const runs = await listRuns(options.results, processWitness(process.pid, hostname()));
  const { stdout } = process;
  if (options.json === true) stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
  else stdout.write(runsText(runs, options.results, paintFor(stdout, process.env)));
}

const HEADING = ['run', 'campaign', 'started (UTC)', 'state', 'verdict', 'cells', 'size'];

/** A table with a line for each run, and below it what is wrong with those that are damaged. */
export function runsText(runs: readonly ListedRun[], resultsDir: string, paint: Paint): string {
  if (runs.length === 0) return `no run below ${resultsDir}\n`;
  const [heading = '', ...lines] = columns([HEADING, ...runs.map(rowOf)]);
  const troubles = runs.flatMap(({ trouble }) => (trouble === null ? [] : trouble.split('\n')));
  return `${[paint.strong(heading), ...lines, ...troubles.flatMap((text) => bulleted('damaged: ', text, 100))].join('\n')}\n`;
}

const rowOf = ({ id, campaign, startedAt, state, verdict, cells, bytes }: ListedRun): string[] => [
  id,
  campaign ?? '-',
  startedAt === null ? '-' : startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ''),
  state,
  verdict ?? '-',
  cells === null ? '-' : countText(cells),
  sizeText(bytes),
];

/** 912 B, 45.1 KB, 27.5 MB. */
function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${['B', 'KB', 'MB', 'GB'][power]}`;
}
