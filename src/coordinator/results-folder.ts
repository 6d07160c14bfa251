import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeFolders } from '../models/make-folders.ts';
import { LOCK } from './folder-lock.ts';
import { ResultsError, refusal, systemCode } from './results-error.ts';

/** `20261122T051800Z-smoke-7f3a`: UTC start, campaign name, four hex digits. `hex` is drawn by the caller. */
export function runIdOf(startedAtMs: number, campaign: string, hex: string): string {
  const start = new Date(startedAtMs).toISOString().replaceAll(/[-:]/g, '').replace(/\.\d+/, '');
  return `${start}-${campaign}-${hex}`;
}

/**
 * Makes `<resultsDir>/<runId>/` with its folders and proves that it can be written. Returns its path.
 * Throws {@link ResultsError} with a code that is known before the start.
 */
export async function createResultsFolder(resultsDir: string, runId: string): Promise<string> {
  const folder = join(resultsDir, runId);
  try {
    await makeFolders(resultsDir);
    await mkdir(folder);
    for (const name of ['journal', 'telemetry', 'nodes', 'series']) await mkdir(join(folder, name));
    await syncFolder(folder);
    await syncFolder(resultsDir);
  } catch (error) {
    const code = systemCode(error);
    throw new ResultsError(
      code === 'EACCES' || code === 'EPERM' ? 'permission' : 'path',
      refusal(error, folder),
      error,
    );
  }
  return folder;
}

/**
 * Writes a file whole or not at all: temporary name in the same folder, fsync, rename, fsync of the folder. The file
 * is on disk when this resolves. Throws {@link ResultsError} `evidence-unwritable`.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.tmp`);
  try {
    await makeFolders(folder);
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    throw new ResultsError('evidence-unwritable', refusal(error, path), error);
  }
}

/** JSON as it stands in every results folder: two spaces, a line feed at the end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export interface FileDigest {
  /** Below the results folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Every file below a results folder for which `wanted` holds, by path; leftovers of unfinished writes and the lock aside. */
export async function digestFiles(folder: string, wanted: (path: string) => boolean): Promise<FileDigest[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((found) => found.isFile() && !found.name.endsWith('.tmp') && found.name !== LOCK)
    .map((found) => join(found.parentPath, found.name).slice(folder.length + 1))
    .filter(wanted)
    .sort();
  return Promise.all(paths.map((path) => digestOf(folder, path)));
}

/** The text of `manifest.json`: path, bytes and SHA-256 of every other file. Its presence says that the folder is complete. */
export const manifestOf = (files: readonly FileDigest[]): string =>
  jsonText({ kind: 'loadcell/manifest', schemaVersion: 1, files: files.toSorted(byPath) });

/** As the names of files sort. */
export const byPath = (a: FileDigest, b: FileDigest): number => (a.path < b.path ? -1 : 1);

export const MANIFEST = 'manifest.json';

async function digestOf(folder: string, path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  const full = join(folder, path);
  await pipeline(createReadStream(full), hash);
  return { path, bytes: (await stat(full)).size, sha256: hash.digest('hex') };
}

/** Makes names in a folder survive a crash of the machine. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
