import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { mistakeWithLine } from '../campaign/mistake.ts';
import { parseObjectivesFile } from '../campaign/objectives-file.ts';
import { written } from '../coordinator/computed-files.ts';
import { computeResults, type Results } from '../coordinator/judge-folder.ts';
import { type ObjectivesFile, rejudge } from '../coordinator/rejudge.ts';
import { tableText } from '../report/table.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { Failure } from './failure.ts';
import { exitOf } from './judged-exit.ts';
import { paintFor } from './progress.ts';
import { verdictLinesOf } from './result-lines.ts';
import { explained, folderOf, type RunsOptions } from './run-argument.ts';

export interface OtherwiseOptions extends RunsOptions {
  /** A YAML file of objectives, or a campaign file. */
  readonly objectives: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

const USAGE = EXIT_CODES['before-start'].code;

/**
 * `loadcell judge --objectives`: what other objectives would have said of a run. Its folder is left as it is; the result
 * goes to `--out`, or is printed alone. Resolves to the exit code of that verdict.
 */
export async function judgeOtherwise(run: string, options: OtherwiseOptions): Promise<number> {
  const folder = await folderOf(run, options);
  const out = options.out === undefined ? null : await placeOf(resolve(options.out), folder);
  const file = await objectivesFile(options.objectives);
  const own = await explained(computeResults(folder));
  const { results, leftOut } = await explained(Promise.resolve(own).then((found) => rejudge(found, file)));
  if (out !== null) await explained(written(out, results.files, results.files.keys()));
  for (const sentence of leftOut) process.stderr.write(`loadcell: ${file.name}: left out: ${sentence}\n`);
  return told(results, out, options);
}

function told({ benchmarks, files }: Results, out: string | null, options: OtherwiseOptions): number {
  const { stdout } = process;
  const exitCode = exitOf(benchmarks, options);
  if (options.json === true) stdout.write(files.get('benchmarks.json') ?? '');
  else {
    const paint = paintFor(stdout, process.env);
    stdout.write(`${tableText(benchmarks, paint, exitCode)}\n`);
    const lines = verdictLinesOf(benchmarks.verdict.kind, out ?? '', exitCode, paint);
    stdout.write(
      out === null ? lines.replace(/^results.*\n/, 'results  not written: --out names a folder for them\n') : lines,
    );
  }
  return exitCode;
}

async function objectivesFile(path: string): Promise<ObjectivesFile> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new Failure(
      USAGE,
      `${path}: cannot be read: ${why}; expected a YAML file, for example [response.p95 < 50ms, errors < 1%]`,
    );
  });
  const name = basename(path);
  const parsed = parseObjectivesFile(text, name);
  if (!parsed.ok)
    throw new Failure(
      USAGE,
      parsed.mistakes.map((mistake) => mistakeWithLine(mistake, text)),
    );
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return { name, digest, objectives: parsed.objectives };
}

/** Another judgement never lies where a run's own does. */
async function placeOf(out: string, folder: string): Promise<string> {
  const inside = relative(folder, out);
  if (inside === '' || !inside.startsWith('..')) {
    throw new Failure(USAGE, `--out: found ${out}, which is the run's own folder or below it; expected another one`);
  }
  const isResults = await stat(join(out, 'plan.json')).then(
    () => true,
    () => false,
  );
  if (isResults) throw new Failure(USAGE, `--out: found ${out}, which is the folder of a run; expected another one`);
  return out;
}
