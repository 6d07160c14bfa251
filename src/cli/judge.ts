import { type Comparison, compared } from '../coordinator/computed-files.ts';
import { computeResults, type Results, writeResults } from '../coordinator/judge-folder.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { exitOf } from './judged-exit.ts';
import { printResult } from './result-lines.ts';
import { explained, folderOf, type RunsOptions } from './run-argument.ts';
import { packageVersion } from './version.ts';

export interface JudgeOptions extends RunsOptions {
  readonly json?: boolean;
  readonly strict?: boolean;
  /** Write nothing, and exit 64 when a computed file is not what the evidence gives. */
  readonly check?: boolean;
  /** Write also the files that are there and differ. */
  readonly write?: boolean;
  readonly out?: string;
}

/**
 * `loadcell judge`: the same bytes again, from the evidence alone. Files that are missing are written, files that differ
 * are named and kept. Resolves to the verdict's exit code.
 */
export async function judgeAgain(run: string, options: JudgeOptions): Promise<number> {
  if (options.out !== undefined) throw new Failure(UNLIKE, OUT_ALONE);
  const folder = await folderOf(run, options);
  const results = await explained(computeResults(folder));
  const comparison = await explained(compared(folder, results.files));
  await explained(brought(folder, results, comparison, options));
  for (const line of remarks(results, comparison, options)) process.stderr.write(`loadcell: ${folder}: ${line}\n`);
  const { benchmarks } = results;
  const exitCode = isAsComputed(comparison) || options.check !== true ? exitOf(benchmarks, options) : UNLIKE;
  if (options.json === true) process.stdout.write(results.files.get('benchmarks.json') ?? '');
  else printResult(benchmarks, folder, exitCode, process.stdout);
  return exitCode;
}

const OUT_ALONE = "--out: found it without --objectives, expected both: the run's own results belong into its own folder";
const UNLIKE = EXIT_CODES['before-start'].code;

const isAsComputed = ({ missing, differing, sealed }: Comparison): boolean =>
  missing.length === 0 && differing.length === 0 && sealed;

/** Writes what the options admit. In a folder without a manifest nobody vouches for what lies there: it is computed again. */
async function brought(folder: string, results: Results, comparison: Comparison, options: JudgeOptions): Promise<void> {
  if (options.check === true || isAsComputed(comparison)) return;
  const all = options.write === true || !comparison.sealed;
  if (!all && comparison.missing.length === 0) return;
  await writeResults(folder, results, all ? results.files.keys() : comparison.missing);
}

/** What people should know of the folder, one sentence each. */
function remarks({ plan, evidence }: Results, comparison: Comparison, options: JudgeOptions): string[] {
  const { missing, differing, sealed } = comparison;
  const { facts } = evidence;
  const kept = sealed && options.write !== true && options.check !== true;
  const done =
    options.check === true ? '' : kept ? '; it is kept, --write computes it again' : '; it was written again';
  const version = packageVersion();
  const other = plan.loadcell === version ? '' : ` (this is loadcell ${version}, the run was made by ${plan.loadcell})`;
  return [
    ...(facts.hasEnded
      ? []
      : [`the run did not end: its journal stops at ${facts.endedAt}, and it is judged up to there`]),
    ...(sealed || facts.hasEnded
      ? differing.map((path) => `${path} is not what the evidence gives${other}${done}`)
      : []),
    ...(options.check === true ? missing.map((path) => `${path} is not there`) : []),
    ...(options.check === true && !sealed ? ['manifest.json is not there'] : []),
  ];
}
