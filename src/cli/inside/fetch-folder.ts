import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ResultsError, refusal } from '../../coordinator/results-error.ts';
import { digestFiles, MANIFEST, syncFolder } from '../../coordinator/results-folder.ts';
import { type InsideHandle, type InsidePlace, PlaceTrouble, type ResultFile } from '../../engines/inside-place.ts';
import { sha256OfFile } from '../../models/digest.ts';
import { asNextWriter } from '../folder-writer.ts';
import { type Following, LOST_MS, throughBreaks } from './follow.ts';

export interface Fetching extends Pick<Following, 'onLost' | 'signal'> {
  readonly place: InsidePlace;
  readonly handle: InsideHandle;
  /** Absolute. */
  readonly resultsDir: string;
}

/** How often a file may come otherwise than it lies there. */
const TRIES = 2;
/** What has come so far, and what it takes the place of, below the folder of a fetch. */
const CAME = 'came';
const OLD = 'old';

/**
 * Brings the results folder of a coordinator elsewhere below `resultsDir`, each file held against its digest, and names it
 * as a run here would. Null: there is none. What has come already is kept beside it (`.<run>.part`) and not asked for
 * again. One command at a time brings it, and those that wait for it find it here. A folder of that name that it goes on
 * with is replaced. Throws with a sentence
 * where it does not come whole, where a folder of that name is of another run, or once the signal is aborted.
 */
export async function fetchFolder(fetching: Fetching): Promise<string | null> {
  const { place, handle, resultsDir } = fetching;
  safeName(handle.runId);
  let files: readonly ResultFile[] = [];
  const list = async (): Promise<void> => {
    files = await place.results(handle, fetching.signal);
  };
  await throughBreaks(list, fetching, () => 0);
  fetching.signal.throwIfAborted();
  if (files.length === 0) return null;
  const folder = join(resultsDir, handle.runId);
  if (await isHere(folder, files)) return folder;
  const part = join(resultsDir, `.${handle.runId}.part`);
  const { onLost, signal } = fetching;
  const waiting = (who: string): void => onLost(`${folder}: found ${who} fetching it, and waits for it`);
  const unlessHere = async (): Promise<void> => {
    if (!(await isHere(folder, files))) await bring(fetching, files, { part, folder });
  };
  try {
    await asNextWriter(part, unlessHere, { waiting, mostMs: LOST_MS, signal });
  } catch (error) {
    throw isOfThisDisk(error) ? new ResultsError('evidence-unwritable', refusal(error, folder), error) : error;
  } finally {
    // Unless something lies there that is gone on with.
    await rmdir(part).catch(() => {});
  }
  return folder;
}

/** An error of the system's own: what goes wrong at the place is a {@link PlaceTrouble}. */
const isOfThisDisk = (error: unknown): boolean => typeof (error as NodeJS.ErrnoException).errno === 'number';

async function bring(
  fetching: Fetching,
  files: readonly ResultFile[],
  { part, folder }: { readonly part: string; readonly folder: string },
): Promise<void> {
  const came = join(part, CAME);
  await mkdir(came, { recursive: true });
  for (const file of files) {
    fetching.signal.throwIfAborted();
    await fetchFile(fetching, file, join(came, file.path));
  }
  await dropOthers(came, files);
  await putInPlace(part, folder);
}

/**
 * Whether the folder is here already, to the last file. Throws where one is that has something else recorded, or that is
 * the same by its manifest and lacks something.
 */
async function isHere(folder: string, files: readonly ResultFile[]): Promise<boolean> {
  if (!existsSync(folder)) return false;
  const found = await digestFiles(folder, () => true);
  const here = new Map(found.map(({ path, sha256 }) => [path, sha256]));
  const other = files.find(({ path, sha256 }) => here.get(path) !== sha256);
  if (other === undefined) return true;
  const there = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  if (here.has(MANIFEST) && here.get(MANIFEST) === there.get(MANIFEST)) {
    const how = here.has(other.path) ? 'has changed' : 'is missing';
    throw new Error(
      `${folder}: found this results folder, in which ${other.path} ${how}, expected a whole one or none; --results names another place`,
    );
  }
  if (found.every(({ path, sha256 }) => !path.startsWith('journal/') || there.get(path) === sha256)) return false;
  throw new Error(
    `${folder}: found a results folder that has something else recorded, expected none; --results names another place`,
  );
}

async function fetchFile(fetching: Fetching, file: ResultFile, to: string): Promise<void> {
  safePath(file.path);
  await mkdir(dirname(to), { recursive: true });
  for (let tries = 0; tries < TRIES; tries++) {
    if ((await sizeOf(to)) !== file.bytes) await append(fetching, file, to);
    const found = await sha256OfFile(to);
    if (found === file.sha256) return;
    await rm(to);
  }
  throw new Error(
    `${file.path}: came with another SHA-256 than it has in ${fetching.handle.room}, expected ${file.sha256.slice(0, 12)}…`,
  );
}

/** From where it broke off, and no more than it has: a place that does not end must not fill this disk. */
async function append({ place, handle, ...rest }: Fetching, { path, bytes }: ResultFile, to: string): Promise<void> {
  const had = await sizeOf(to);
  if (had === null || had > bytes) await rm(to, { force: true });
  let got = had === null || had > bytes ? 0 : had;
  const out = await open(to, 'a', 0o644);
  try {
    const piecewise = async (): Promise<void> => {
      for await (const piece of place.read(handle, path, got, rest.signal)) {
        const wanted = piece.subarray(0, bytes - got);
        await out.appendFile(wanted);
        got += wanted.length;
        if (got === bytes) return;
      }
      if (got < bytes) throw new PlaceTrouble('lost', `${path}: ended after ${got} of ${bytes} bytes`);
    };
    await throughBreaks(piecewise, rest, () => got);
    rest.signal.throwIfAborted();
    await out.sync();
  } finally {
    await out.close();
  }
}

/** Null: there is no such file. */
const sizeOf = (path: string): Promise<number | null> =>
  stat(path).then(
    ({ size }) => size,
    () => null,
  );

/** Whoever may make Jobs on a cluster names what is found there. */
function safeName(runId: string): void {
  if (runId === '' || runId === '.' || runId === '..' || /[/\0]/.test(runId))
    throw new Error(`${JSON.stringify(runId)}: found as the id of a run, expected the name of a folder`);
}

/** A listing must not reach beyond its folder. */
function safePath(path: string): void {
  const steps = path.split('/');
  if (path.startsWith('/') || steps.some((step) => step === '' || step === '.' || step === '..'))
    throw new Error(`${path}: found in the listing of a results folder, expected a path below it`);
}

/** What an earlier fetch brought and the folder no longer has. */
async function dropOthers(came: string, files: readonly ResultFile[]): Promise<void> {
  const wanted = new Set(files.map(({ path }) => path));
  const entries = await readdir(came, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !wanted.has(path.slice(came.length + 1))) await rm(path);
  }
}

/** Under its own name in one step; what a run that was taken up again had left there goes. */
async function putInPlace(part: string, folder: string): Promise<void> {
  await rm(join(part, OLD), { recursive: true, force: true });
  const hadOne = existsSync(folder);
  if (hadOne) await rename(folder, join(part, OLD));
  await rename(join(part, CAME), folder).catch(async (error: unknown) => {
    if (hadOne) await rename(join(part, OLD), folder);
    throw error;
  });
  await syncFolder(dirname(folder));
  await rm(join(part, OLD), { recursive: true, force: true });
}
