import { join, resolve } from 'node:path';
import { compared, written } from '../coordinator/computed-files.ts';
import { computeResults, writeResults } from '../coordinator/judge-folder.ts';
import { ResultsError } from '../coordinator/results-error.ts';
import { asOnlyWriter } from './folder-writer.ts';
import { nearPath } from './result-lines.ts';
import { explained, folderOf, type RunsOptions } from './run-argument.ts';

/** `loadcell report`: the reports of a run again, into its folder or another one. Prints their paths. */
export async function reportAgain(run: string, options: RunsOptions & { readonly out?: string }): Promise<void> {
  const folder = await folderOf(run, options);
  const into = options.out === undefined ? folder : resolve(options.out);
  const reports = await explained(reported(folder, into));
  for (const path of reports) process.stdout.write(`${nearPath(join(into, path))}\n`);
}

const isReport = (path: string): boolean => /^report\.\w+$/.test(path);

/** A report is of the result that its folder holds: where that is not what the evidence gives, there is none. */
async function reported(folder: string, into: string): Promise<string[]> {
  const results = await computeResults(folder);
  const { differing, sealed } = await compared(folder, results.files);
  const others = differing.filter((path) => !isReport(path) && path !== 'manifest.json');
  if (sealed && others.length > 0) {
    const sentences = others.map(
      (path) => `${join(folder, path)}: is not what the evidence gives; loadcell judge --write computes it again`,
    );
    throw new ResultsError('path', sentences.join('\n'));
  }
  const reports = [...results.files.keys()].filter(isReport);
  if (into === folder)
    await asOnlyWriter(folder, () => writeResults(folder, results, sealed ? reports : results.files.keys()));
  else await written(into, results.files, reports);
  return reports;
}
