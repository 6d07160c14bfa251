import { computeResults } from '../coordinator/judge-folder.ts';
import { type KeptResult, readKept } from '../coordinator/kept-result.ts';
import { jsonText } from '../coordinator/results-folder.ts';
import { printResult } from './result-lines.ts';
import { explained, folderOf, type RunsOptions } from './run-argument.ts';

/** `loadcell show`: the table of a run as `run` printed it. Of a run that did not end, as far as its journal goes. */
export async function showRun(run: string, options: RunsOptions & { readonly json?: boolean }): Promise<void> {
  const folder = await folderOf(run, options);
  const { benchmarks, text } = (await explained(readKept(folder))) ?? (await explained(upToNow(folder)));
  if (options.json === true) process.stdout.write(text);
  else printResult(benchmarks, folder, benchmarks.verdict.exitCode, process.stdout);
}

async function upToNow(folder: string): Promise<KeptResult> {
  const { benchmarks, evidence } = await computeResults(folder);
  const why = evidence.facts.hasEnded
    ? 'its results were never written whole: loadcell judge does'
    : `the run did not end, or goes on: what is shown stands in its journal up to ${evidence.facts.endedAt}`;
  process.stderr.write(`loadcell: ${folder}: found no manifest.json: ${why}\n`);
  return { benchmarks, text: jsonText(benchmarks) };
}
