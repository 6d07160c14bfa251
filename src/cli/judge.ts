import { resolve } from 'node:path';
import { judgeFolder } from '../coordinator/judge-folder.ts';
import { ResultsError } from '../coordinator/results-error.ts';
import { exitCodeOf, exitCodeOfError } from '../verdict/exit-code.ts';
import type { Benchmarks } from '../verdict/result.ts';
import { Failure } from './failure.ts';
import { printResult } from './result-lines.ts';

/** `loadcell judge`: the same bytes again, from the evidence alone. Resolves to the verdict's exit code. */
export async function judgeAgain(
  folder: string,
  { json, strict }: { readonly json?: boolean; readonly strict?: boolean },
): Promise<number> {
  const benchmarks = await judged(resolve(folder));
  const { verdict, run } = benchmarks;
  const judgedCode = exitCodeOf(verdict, strict === true ? 'strict' : 'lenient');
  const exitCode = run.state === 'interrupted' ? verdict.exitCode : judgedCode;
  if (json === true) process.stdout.write(`${JSON.stringify(benchmarks, null, 2)}\n`);
  else printResult(benchmarks, resolve(folder), exitCode, process.stdout);
  return exitCode;
}

async function judged(folder: string): Promise<Benchmarks> {
  try {
    return await judgeFolder(folder);
  } catch (error) {
    if (error instanceof ResultsError) throw new Failure(exitCodeOfError(error.code), error.message);
    throw error;
  }
}
