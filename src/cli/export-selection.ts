import { nearest } from '../campaign/nearest.ts';
import type { Cell } from '../campaign/plan.ts';
import type { Results } from '../coordinator/judge-folder.ts';
import type { Metric } from '../report/hdr/metric.ts';
import { METRICS } from '../report/hdr/metric.ts';
import type { TrialEvidence } from '../verdict/evidence.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';

/** What of a run is exported; absent: everything. */
export interface SelectionOptions {
  readonly cell?: string;
  readonly trial?: string;
  readonly metric?: Metric;
}

/** One attempt of a trial that is exported. */
export interface SelectedTrial {
  readonly cell: Cell;
  readonly evidence: TrialEvidence;
  /** Its cell's id, with the trial and attempt where there are several. */
  readonly name: string;
}

const USAGE = EXIT_CODES['before-start'].code;

/** The trials that were begun and are selected, in the order of the plan. Throws {@link Failure} where there is none. */
export function selectedTrials(
  { plan, evidence }: Results,
  { cell, trial }: SelectionOptions,
): readonly SelectedTrial[] {
  const ids = plan.cells.map(({ id }) => id);
  if (cell !== undefined && !ids.includes(cell)) throw unknownCell(cell, ids);
  const found = plan.cells.flatMap((planned, index) =>
    evidence.trials
      .filter((of) => of.cell === index && of.startedAt !== null)
      .filter((of) => (cell ?? planned.id) === planned.id && (trial ?? String(of.trial)) === String(of.trial))
      .map((of) => ({ cell: planned, evidence: of, name: nameOf(planned, of) }))
      .sort((a, b) => a.evidence.trial - b.evidence.trial || a.evidence.attempt - b.evidence.attempt),
  );
  if (found.length > 0) return found;
  const what = trial === undefined ? 'trial that was begun' : `trial ${trial} that was begun`;
  throw new Failure(USAGE, `${cell ?? 'the run'}: found no ${what}, so there is nothing to export`);
}

function unknownCell(found: string, ids: readonly string[]): Failure {
  const near = nearest(found, ids);
  const hint = near === null ? `expected one of ${ids.join(', ')}` : `did you mean ${near}?`;
  return new Failure(USAGE, `--cell: found ${found}, which is no cell of this run; ${hint}`);
}

function nameOf({ id, trials }: Cell, { trial, attempt }: TrialEvidence): string {
  const numbered = trials.length > 1 || attempt > 1 ? `${id} trial ${trial}` : id;
  return attempt > 1 ? `${numbered} attempt ${attempt}` : numbered;
}

/** Into a folder every latency is exported, to standard output one. */
export const selectedMetrics = ({ metric }: SelectionOptions, into: string | undefined): readonly Metric[] =>
  metric !== undefined ? [metric] : into === undefined ? ['response'] : METRICS;

/** The one trial that standard output can hold. */
export function onlyTrial(trials: readonly SelectedTrial[]): SelectedTrial {
  const [only, ...others] = trials;
  if (only !== undefined && others.length === 0) return only;
  const names = trials.map(({ name }) => name).join(', ');
  throw new Failure(
    USAGE,
    `--format hgrm: found ${trials.length} trials (${names}), expected one on standard output: choose it by --cell and --trial, or name a folder for all of them by --out`,
  );
}

/** Of a latency that only answers have that stream events. */
export const nothingTold = ({ metric, cell }: SelectionOptions): Failure =>
  new Failure(
    USAGE,
    `--metric: found ${metric}, and no answer of ${cell ?? 'the run'} that streamed events; expected one of response, service, wait, lag`,
  );
