import { resolve } from 'node:path';
import { parsePositiveDuration } from '../campaign/quantity.ts';
import { runIdOf } from '../coordinator/results-folder.ts';
import { CALIBRATION_MAX_AGE_S, type RunRequest } from '../coordinator/supervision.ts';
import { drawHex, processStartedAt, systemWallClock } from '../time/monotonic.ts';
import { EXIT_CODES, exitCodeOf } from '../verdict/exit-code.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { type CampaignOptions, type PlannedCampaign, planCampaignFile, type WrittenCampaign } from './campaign-file.ts';
import { addressAt, type DoorOptions, doorOf } from './door.ts';
import { Failure } from './failure.ts';
import { noProgress, openProgress, type Progress } from './progress.ts';
import { printResult } from './result-lines.ts';
import { sourceOf } from './source.ts';
import type { SupervisedEnd, Supervisor } from './supervise.ts';

const USAGE = EXIT_CODES['before-start'].code;

/** What the command line may say about carrying out a run, whatever is run. */
export interface UndertakingOptions extends DoorOptions {
  readonly results: string;
  /** Wall-clock budget of the whole command. */
  readonly deadline?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly strict?: boolean;
  readonly freshCalibration?: boolean;
  /** Folder in which places lie for agents that somebody else starts; absent: the engine places them. */
  readonly join?: string;
  readonly metrics?: string;
}

export interface RunOptions extends CampaignOptions, UndertakingOptions {}

/** What is run, and in which folder. */
export type Subject = Pick<RunRequest, 'mode' | 'runId' | 'plan' | 'campaignText' | 'resultsDir'>;

/** Tells people how a run ended. */
export type Announce = (summary: Benchmarks, folder: string, exitCode: number) => void | Promise<void>;

/** `loadcell run`: plans while the coordinator's process loads, has it run, prints the result, gives the exit code. */
export function runCampaign(
  file: string | WrittenCampaign,
  options: RunOptions,
  supervisor: Supervisor,
  announce: Announce = announceOn(options),
): Promise<number> {
  return undertake(
    () => planCampaignFile(file, options, 'run').then((planned) => subjectOf(planned, options)),
    options,
    supervisor,
    announce,
  );
}

function subjectOf({ plan, text }: PlannedCampaign, options: RunOptions): Subject {
  return {
    mode: 'new',
    runId: runIdOf(systemWallClock.nowMs(), plan.campaign.name, drawHex(2)),
    plan,
    campaignText: text,
    resultsDir: resolve(options.results),
  };
}

/** Has a subject run, prints the result, gives the exit code. Throws a {@link Failure} where it cannot be. */
export async function undertake(
  prepare: () => Promise<Subject>,
  options: UndertakingOptions,
  supervisor: Supervisor,
  announce: Announce = announceOn(options),
): Promise<number> {
  const door = doorOf(options);
  const metrics = options.metrics === undefined ? {} : { metrics: addressAt('--metrics', options.metrics) };
  const join = options.join === undefined ? {} : { joinFolder: resolve(options.join) };
  const deadline = options.deadline === undefined ? null : deadlineOf(options.deadline);
  const calibrationMaxAgeS = options.freshCalibration === true ? 0 : CALIBRATION_MAX_AGE_S;
  const progress = options.quiet === true ? noProgress : await openProgress(process.stderr, process.env);
  const end = await Promise.all([prepare(), sourceOf(process.cwd(), process.env)])
    .then(([subject, source]) => ({
      ...subject,
      source,
      ...door(subject.plan),
      ...join,
      ...metrics,
      deadline,
      calibrationMaxAgeS,
    }))
    .then((request) => carriedOut(request, supervisor, progress))
    .finally(() => progress.close());
  return concluded(end, options, announce);
}

/** Here, or by a coordinator on a place of its own. */
async function carriedOut(request: RunRequest, supervisor: Supervisor, progress: Progress): Promise<SupervisedEnd> {
  if (request.plan.fleet?.coordinator?.inside === undefined) return await supervised(request, supervisor, progress);
  await supervisor.dismiss();
  const { carryOutInside } = await import('./inside/carry-out.ts');
  return await carryOutInside(request, progress);
}

/** What a run that ended otherwise than by its own hand may still hold is ended too. */
export async function supervised(
  request: RunRequest,
  supervisor: Supervisor,
  progress: Progress,
): Promise<SupervisedEnd> {
  const end = await supervisor.run(request, (event) => progress.show(event));
  if (end.kind === 'finished') return end;
  const { endLeftovers } = await import('./leftovers.ts');
  const left = await endLeftovers(request);
  return left.length === 0 ? end : { ...end, message: [end.message, ...left].join('\n') };
}

/** A bare number is of seconds; the budget runs from the start of this process. */
function deadlineOf(given: string): RunRequest['deadline'] {
  const text = /^\d+(\.\d+)?$/.test(given.trim()) ? `${given.trim()}s` : given.trim();
  const budget = parsePositiveDuration(text);
  if (!budget.ok) throw new Failure(USAGE, `--deadline: ${budget.problem}`);
  return { at: processStartedAt() + BigInt(budget.value), text };
}

/** Announces how a run ended and gives the exit code. Throws a {@link Failure} where it has no result. */
export async function concluded(
  end: SupervisedEnd,
  options: Pick<UndertakingOptions, 'strict' | 'json'>,
  announce: Announce = announceOn(options),
): Promise<number> {
  if (end.kind === 'failed') throw new Failure(end.exitCode, end.message);
  const { folder, verdict, summary } = end.result;
  const strict = exitCodeOf(verdict, options.strict === true ? 'strict' : 'lenient');
  const exitCode = end.exitCode === EXIT_CODES.pass.code ? strict : end.exitCode;
  await announce(summary, folder, exitCode);
  return exitCode;
}

const announceOn =
  ({ json }: Pick<UndertakingOptions, 'json'>): Announce =>
  (summary, folder, exitCode) => {
    if (json === true) printJson(summary, folder, exitCode);
    else printResult(summary, folder, exitCode, process.stdout);
  };

/** One object on stdout and nothing else there (`--json`). */
export function printJson({ run, verdict }: Benchmarks, folder: string, exitCode: number): void {
  process.stdout.write(`${JSON.stringify({ runId: run.id, folder, verdict: verdict.kind, exitCode })}\n`);
}
