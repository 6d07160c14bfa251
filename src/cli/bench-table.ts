import { countText, figureText, percentText } from '../report/figures.ts';
import { NEVER_STARTED } from '../report/gaps.ts';
import { LATENCY_HEADING, latencyNotes, latencyRows } from '../report/latency-grid.ts';
import { bulleted, columns, type Paint } from '../report/layout.ts';
import { observedLines } from '../report/observed-lines.ts';
import { accountingLine, errorLines, objectiveLines, paintVerdict, ratesLine, verdictLines } from '../report/table.ts';
import type { Benchmarks, CellResult } from '../verdict/result.ts';
import type { TrialResult } from '../verdict/trial-result.ts';
import type { Metric } from './bench-metrics.ts';

const NOTE_WIDTH = 98;
const BYTES_PER_MIB = 2 ** 20;

/** The chosen metrics of the one cell, then its objectives, verdict and reasons, for a terminal of 100 columns. */
export function benchText({ run, cells }: Benchmarks, metrics: readonly Metric[], paint: Paint): string {
  const environment = run.environment === null ? '' : `  environment ${run.environment}`;
  const heading = `${run.campaign}  run ${run.id}  seed ${run.seed}${environment}  loadcell ${run.loadcell}`;
  return [paint.strong(heading), ...cells.flatMap((cell) => ['', ...cellLines(cell, metrics, paint)]), ''].join('\n');
}

function cellLines(cell: CellResult, metrics: readonly Metric[], paint: Paint): string[] {
  const values = Object.entries(cell.values).map(([name, value]) => `${name}=${value}`);
  const trial = cell.trials.at(-1);
  return [
    `${paint.strong(`${cell.id}  (${values.join(' ')})`)}  ${paintVerdict(cell.verdict.kind, paint)}`,
    ...indented([
      ...figureLines(trial, metrics),
      ...objectiveLines(cell.objectives, paint),
      ...verdictLines(cell.verdict, paint),
    ]),
  ];
}

function figureLines(trial: TrialResult | undefined, metrics: readonly Metric[]): string[] {
  if (trial === undefined) return ['no trial was run'];
  return trial.startedAt === null ? [NEVER_STARTED] : metrics.flatMap((metric) => metricLines(metric, trial));
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function metricLines(metric: Metric, trial: TrialResult): string[] {
  switch (metric) {
    case 'latency':
      return [
        ...columns([LATENCY_HEADING, ...latencyRows(trial.latency)]),
        ...latencyNotes(trial.latency, trial.rates.offered).flatMap((note) => bulleted('note: ', note, NOTE_WIDTH)),
      ];
    case 'throughput':
      return [accountingLine(trial.accounting), ratesLine(trial.rates), ...errorLines(trial)];
    case 'memory':
      return [memoryLine(trial.host)];
    case 'cpu':
      return [cpuLine(trial.host)];
    case 'gpu':
      return gpuLines(trial);
  }
}

function gpuLines(trial: TrialResult): string[] {
  const lines = observedLines(trial);
  const told = lines.length === 0 ? ['no node showed any sign of one'] : lines;
  return told.flatMap((line) => bulleted('gpu       ', line, NOTE_WIDTH));
}

type Host = TrialResult['host'];

const UNTOLD = 'not told by this system';

function memoryLine({ rssBytes }: Host): string {
  if (rssBytes === null) return `memory    ${UNTOLD}`;
  return `memory    ${countText(Math.round(rssBytes / BYTES_PER_MIB))} MiB resident at most, the largest process that runs the model`;
}

function cpuLine({ cpu, steal, throttledUs, pacingCpu }: Host): string {
  const parts = [
    cpu === null ? UNTOLD : `${percentText(cpu)} of the node's CPU time`,
    ...(steal === null ? [] : [`stolen by the host ${percentText(steal)}`]),
    ...(throttledUs === null || throttledUs === 0 ? [] : [`held by a quota for ${figureText(throttledUs / 1e6)} s`]),
    ...(pacingCpu === null ? [] : [`the harness's own work ${percentText(pacingCpu)} of its threads`]),
  ];
  return `cpu       ${parts.join(', ')}`;
}
