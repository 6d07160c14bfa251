import { type Comparison, compared } from '../coordinator/computed-files.ts';
import { computeResults, type Results, writeResults } from '../coordinator/judge-folder.ts';
import { ResultsError } from '../coordinator/results-error.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { asOnlyWriter } from './folder-writer.ts';
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
  const refusal = await explained(brought(folder, results, comparison, options));
  const lines = [...remarks(folder, results, comparison, options, refusal), ...(refusal === null ? [] : [refusal])];
  for (const line of lines) process.stderr.write(`loadcell: ${line}\n`);
  const { benchmarks } = results;
  const exitCode = isAsComputed(comparison) || options.check !== true ? exitOf(benchmarks, options) : UNLIKE;
  if (options.json === true) process.stdout.write(results.files.get('benchmarks.json') ?? '');
  else printResult(benchmarks, folder, exitCode, process.stdout);
  return exitCode;
}

const OUT_ALONE =
  "--out: found it without --objectives, expected both: the run's own results belong into its own folder";
const UNLIKE = EXIT_CODES['before-start'].code;

const isAsComputed = ({ missing, differing, sealed }: Comparison): boolean =>
  missing.length === 0 && differing.length === 0 && sealed;

/**
 * Writes what the options admit; in a folder without a manifest nobody vouches for what lies there, and it is computed
 * again. Resolves to why nothing could be written, where that was not asked for in so many words.
 */
async function brought(
  folder: string,
  results: Results,
  { missing, differing, sealed }: Comparison,
  { check, write }: JudgeOptions,
): Promise<string | null> {
  const paths = write === true || !sealed ? [...missing, ...differing] : missing;
  const sealIsDue = !sealed && results.evidence.facts.hasEnded;
  if (check === true || (paths.length === 0 && !sealIsDue)) return null;
  try {
    await asOnlyWriter(folder, () => writeResults(folder, results, paths));
    return null;
  } catch (error) {
    if (write === true || !(error instanceof ResultsError)) throw error;
    return `nothing is written: ${error.message}`;
  }
}

/** What people should know of the folder, one sentence each. */
function remarks(
  folder: string,
  { plan, evidence }: Results,
  { missing, differing, sealed }: Comparison,
  { check, write }: JudgeOptions,
  refusal: string | null,
): string[] {
  const { facts } = evidence;
  const version = packageVersion();
  const other = plan.loadcell === version ? '' : ` (this is loadcell ${version}, the run was made by ${plan.loadcell})`;
  const again = write === true || !sealed ? '; it was written again' : '; it is kept, --write computes it again';
  const done = check === true || refusal !== null ? '' : again;
  const absent = [...missing, ...(sealed ? [] : ['manifest.json'])];
  return [
    ...(facts.hasEnded
      ? []
      : [`the run did not end: its journal stops at ${facts.endedAt}, and it is judged up to there`]),
    ...(sealed || facts.hasEnded
      ? differing.map((path) => `${path} is not what the evidence gives${other}${done}`)
      : []),
    ...(check === true ? absent.map((path) => `${path} is not there`) : []),
  ].map((line) => `${folder}: ${line}`);
}
