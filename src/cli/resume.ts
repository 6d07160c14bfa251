import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Plan } from '../campaign/plan.ts';
import { readPlan } from '../coordinator/plan-file.ts';
import { ResultsError } from '../coordinator/results-error.ts';
import { runFolder } from '../coordinator/run-location.ts';
import { sha256OfFile } from '../models/digest.ts';
import { EXIT_CODES, exitCodeOfError } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { type Subject, type UndertakingOptions, undertake } from './run.ts';
import type { Supervisor } from './supervise.ts';
import { packageVersion } from './version.ts';

const USAGE = EXIT_CODES['before-start'].code;

/** What `loadcell run` was given. */
export interface Given {
  readonly file: string | undefined;
  readonly resume: string | undefined;
  /** Options that would change what is planned. */
  readonly changes: readonly string[];
}

/** A campaign to be run, or a run to be gone on with. Throws a {@link Failure} where it is neither or both. */
export function asked({
  file,
  resume,
  changes,
}: Given): { readonly kind: 'campaign'; readonly file: string } | { readonly kind: 'run'; readonly run: string } {
  if (resume === undefined) {
    if (file !== undefined) return { kind: 'campaign', file };
    throw new Failure(USAGE, 'run: found no campaign, expected a file, for example loadcell run campaigns/smoke.yaml');
  }
  if (file !== undefined) {
    throw new Failure(
      USAGE,
      `--resume: found the campaign ${file} beside it, expected none: a run goes on with its own`,
    );
  }
  if (changes.length > 0) {
    const found = changes.join(' and ');
    throw new Failure(USAGE, `--resume: found ${found} beside it, expected nothing that changes the plan of the run`);
  }
  return { kind: 'run', run: resume };
}

export interface ResumeOptions extends UndertakingOptions {
  readonly allowCode?: boolean;
}

/** `loadcell run --resume`: goes on after the last finished trial of a run that had ended early. */
export const resumeRun = (run: string, options: ResumeOptions, supervisor: Supervisor): Promise<number> =>
  undertake(() => resumeSubject(run, options), options, supervisor);

/** The run that is gone on with, its plan and campaign its own. Throws a {@link Failure} where it cannot be. */
export async function resumeSubject(run: string, { results, allowCode }: ResumeOptions): Promise<Subject> {
  try {
    const folder = await runFolder(run, results);
    const { plan } = await readPlan(folder);
    refuseOtherVersion(folder, plan);
    if (allowCode !== true) refuseCode(plan);
    await refuseChangedFiles(plan);
    const campaignText = await readFile(join(folder, 'campaign.yaml')).catch((error: unknown) => {
      throw new ResultsError('path', `${join(folder, 'campaign.yaml')}: not found; a run goes on with its own`, error);
    });
    return { mode: 'resume', runId: basename(folder), plan, campaignText, resultsDir: dirname(folder) };
  } catch (error) {
    if (error instanceof ResultsError) throw new Failure(exitCodeOfError(error.code), error.message);
    throw error;
  }
}

/** Trials of two versions would be pooled, and agents serve only their own. */
function refuseOtherVersion(folder: string, { loadcell }: Plan): void {
  const own = packageVersion();
  if (loadcell === own) return;
  const found = `found a run of loadcell ${loadcell}, this is ${own}`;
  throw new Failure(USAGE, `${folder}: ${found}; expected the version that began it: its trials are judged together`);
}

/** Code of the campaign's own runs only where that is said, each time anew. */
function refuseCode({ cells }: Plan): void {
  const custom = cells.find(({ spec }) => spec.kind === 'custom');
  if (custom === undefined) return;
  throw new Failure(USAGE, `${custom.id}: runs code of the campaign's own, expected --allow-code beside --resume`);
}

/** Every file that the plan reads is as it was when the run began. */
async function refuseChangedFiles({ files }: Plan): Promise<void> {
  const sentences = await Promise.all(files.map(async ({ path, sha256 }) => changeOf(path, sha256)));
  const changed = sentences.filter((sentence) => sentence !== null);
  if (changed.length > 0) throw new Failure(USAGE, changed);
}

async function changeOf(path: string, expected: string): Promise<string | null> {
  try {
    const found = await sha256OfFile(path);
    return found === expected
      ? null
      : `${path}: found SHA-256 ${found.slice(0, 12)}…, expected ${expected.slice(0, 12)}…: it was changed since the run began`;
  } catch {
    return `${path}: cannot be read, expected the file of the run's plan (SHA-256 ${expected.slice(0, 12)}…)`;
  }
}
