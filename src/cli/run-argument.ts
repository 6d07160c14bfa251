import { ResultsError } from '../coordinator/results-error.ts';
import { runFolder } from '../coordinator/run-location.ts';
import { exitCodeOfError } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';

/** Where runs are looked for. */
export interface RunsOptions {
  readonly results: string;
}

/** The results folder that a verb's run argument means. Throws {@link Failure}. */
export const folderOf = (run: string, { results }: RunsOptions): Promise<string> => explained(runFolder(run, results));

/** What a results folder was asked for; one sentence a line where it cannot be had. */
export async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ResultsError) throw new Failure(exitCodeOfError(error.code), error.message);
    throw error;
  }
}
