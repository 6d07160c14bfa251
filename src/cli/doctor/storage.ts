import type * as fsPromises from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Check, type Finding, ok, sizeText, stopping, warning } from './finding.ts';

export interface FolderFacts {
  readonly path: string;
  /** Why a file cannot be made there; null: it can. */
  readonly problem: string | null;
  /** Null: the system does not tell. */
  readonly freeBytes: number | null;
}

export interface StorageFacts {
  readonly temporary: FolderFacts;
  readonly results: FolderFacts;
  readonly cache: FolderFacts;
}

/** An hour at 1,000/s from 8 agents takes some 100 MB; models and a full journal want more. */
const LEAST_FREE = 2 ** 30;

type Fs = Pick<typeof fsPromises, 'rm' | 'stat' | 'statfs' | 'writeFile'>;

/**
 * Whether a file can be made in a folder, by making one; where the folder is not there yet, in the nearest one above,
 * where it would be made. `name` is a file name that nobody uses.
 */
export async function folderFacts(path: string, name: string, fs: Fs): Promise<FolderFacts> {
  const folder = await nearestThere(path, fs);
  const probe = join(folder, name);
  const problem = await fs.writeFile(probe, '').then(
    () => null,
    (error: Error) => error.message,
  );
  await fs.rm(probe, { force: true }).catch(() => {});
  const freeBytes = await fs.statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
  return { path, problem, freeBytes };
}

async function nearestThere(path: string, fs: Fs): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const isThere = await fs.stat(folder).then(
      () => true,
      () => false,
    );
    if (isThere || dirname(folder) === folder) return folder;
  }
}

export const judgeStorage = ({ temporary, results, cache }: StorageFacts): readonly Finding[] => [
  folder('temporary folder', temporary, 'set TMPDIR to a folder that can be written'),
  folder('results folder', results, 'name another with --results'),
  folder('cache folder', cache, 'set XDG_CACHE_HOME to a folder that can be written: reference models are built there'),
];

function folder(check: Check, { path, problem, freeBytes }: FolderFacts, advice: string): Finding {
  if (problem !== null) return stopping(check, `${path}: cannot be written: ${problem}`, advice);
  if (freeBytes === null) return ok(check, path);
  const found = `${path}, ${sizeText(freeBytes)} free`;
  return freeBytes >= LEAST_FREE ? ok(check, found) : warning(check, found, 'make room, or choose a larger disk');
}
