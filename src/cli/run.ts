import { resolve } from 'node:path';
import { runIdOf } from '../coordinator/results-folder.ts';
import { CALIBRATION_MAX_AGE_S, type RunRequest } from '../coordinator/supervision.ts';
import { drawHex, systemWallClock } from '../time/monotonic.ts';
import { EXIT_CODES, exitCodeOf } from '../verdict/exit-code.ts';
import { type CampaignOptions, type PlannedCampaign, planCampaignFile } from './campaign-file.ts';
import { Failure } from './failure.ts';
import { noProgress, openProgress } from './progress.ts';
import { printResult } from './result-lines.ts';
import { sourceOf } from './source.ts';
import type { SupervisedEnd, Supervisor } from './supervise.ts';

const USAGE = EXIT_CODES['before-start'].code;

export interface RunOptions extends CampaignOptions {
  readonly results: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly strict?: boolean;
  readonly freshCalibration?: boolean;
  readonly listen: string;
}

/** `loadcell run`: plans while the coordinator's process loads, has it run, prints the result, gives the exit code. */
export async function runCampaign(file: string, options: RunOptions, supervisor: Supervisor): Promise<number> {
  const listen = addressOf(options.listen);
  const progress = options.quiet === true ? noProgress : await openProgress(process.stderr, process.env);
  const end = await Promise.all([planCampaignFile(file, options, 'run'), sourceOf(process.cwd(), process.env)])
    .then(([planned, source]) => requestOf(planned, options, source, listen))
    .then((request) => supervisor.run(request, (event) => progress.show(event)))
    .finally(() => progress.close());
  return concluded(end, options);
}

function requestOf(
  { plan, text }: PlannedCampaign,
  options: RunOptions,
  source: RunRequest['source'],
  listen: RunRequest['listen'],
): RunRequest {
  return {
    runId: runIdOf(systemWallClock.nowMs(), plan.campaign.name, drawHex(2)),
    plan,
    campaignText: text,
    resultsDir: resolve(options.results),
    source,
    listen,
    calibrationMaxAgeS: options.freshCalibration === true ? 0 : CALIBRATION_MAX_AGE_S,
  };
}

function concluded(end: SupervisedEnd, options: RunOptions): number {
  if (end.kind === 'failed') throw new Failure(end.exitCode, end.message);
  const { folder, verdict, summary } = end.result;
  const strict = exitCodeOf(verdict, options.strict === true ? 'strict' : 'lenient');
  const exitCode = end.exitCode === EXIT_CODES.pass.code ? strict : end.exitCode;
  if (options.json === true) {
    const { id: runId } = summary.run;
    process.stdout.write(`${JSON.stringify({ runId, folder, verdict: verdict.kind, exitCode })}\n`);
  } else printResult(summary, folder, exitCode, process.stdout);
  return exitCode;
}

function addressOf(text: string): RunRequest['listen'] {
  const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65535) {
    throw new Failure(
      USAGE,
      `--listen: found ${text}, expected host:port, for example 127.0.0.1:7070 (port 0 draws a free one)`,
    );
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}
