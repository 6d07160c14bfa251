import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { nearest } from '../campaign/nearest.ts';
import { ResultsError } from './results-error.ts';

/** As {@link runIdOf} makes them: names that sort as the runs began. */
const RUN_ID = /^\d{8}T\d{6}Z-.+-[0-9a-f]{4}$/;

/**
 * The folder that a run argument means: a path, the id of a run below `resultsDir`, or `latest`. Absolute. Throws
 * {@link ResultsError} `path` where there is none.
 */
export async function runFolder(argument: string, resultsDir: string): Promise<string> {
  if (argument === 'latest') return join(resolve(resultsDir), await latestRun(resultsDir));
  for (const candidate of [resolve(argument), resolve(resultsDir, argument)])
    if (await isFolder(candidate)) return candidate;
  const ids = await runIds(resultsDir);
  const near = nearest(argument, ids);
  const hint = near === null ? 'expected a results folder, the id of a run there, or latest' : `did you mean ${near}?`;
  throw new ResultsError(
    'path',
    `${argument}: found no such folder, and no run of that name below ${resultsDir}; ${hint}`,
  );
}

/** Names of the folders below `resultsDir` that runs made, the newest first; none where there is no such folder. */
export async function runIds(resultsDir: string): Promise<string[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && RUN_ID.test(entry.name)).map(({ name }) => name);
  return names.sort().reverse();
}

async function latestRun(resultsDir: string): Promise<string> {
  const [newest] = await runIds(resultsDir);
  if (newest !== undefined) return newest;
  throw new ResultsError(
    'path',
    `${resultsDir}: found no run there, expected a folder that \`loadcell run\` wrote to; --results names another`,
  );
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
