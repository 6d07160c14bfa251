import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from './recorded-files.ts';
import { digestFiles, type FileDigest, MANIFEST, manifestOf, writeWhole } from './results-folder.ts';

/** Text by path below the results folder. */
export type Files = ReadonlyMap<string, string>;

/** How the computed files that lie in a folder compare with what is computed of its evidence. By path. */
export interface Comparison {
  readonly missing: readonly string[];
  readonly differing: readonly string[];
  /** There is a manifest: the run's end was written whole. */
  readonly sealed: boolean;
}

/** Compares and writes nothing. The manifest differs where it is not that of the files as computed. */
export async function compared(folder: string, files: Files): Promise<Comparison> {
  const missing: string[] = [];
  const differing: string[] = [];
  for (const [path, text] of files) {
    const found = await textOf(join(folder, path));
    if (found === null) missing.push(path);
    else if (found !== text) differing.push(path);
  }
  const manifest = await readManifest(folder);
  if (manifest !== null && !lists(manifest, files)) differing.push(MANIFEST);
  return { missing, differing, sealed: manifest !== null };
}

const lists = (manifest: ReadonlyMap<string, FileDigest>, files: Files): boolean =>
  [...files].every(([path, text]) => manifest.get(path)?.sha256 === digestOfText(path, text).sha256);

/** Writes the files of `paths`; those that have their bytes already are left alone. */
export async function written(folder: string, files: Files, paths: Iterable<string>): Promise<void> {
  for (const path of paths) {
    const text = files.get(path);
    if (text !== undefined && (await textOf(join(folder, path))) !== text) await writeWhole(join(folder, path), text);
  }
}

/** Writes the manifest, which says that the folder is complete. `known`: files whose bytes need not be read again. */
export async function sealed(folder: string, known: readonly FileDigest[]): Promise<void> {
  const paths = new Set([MANIFEST, ...known.map(({ path }) => path)]);
  const others = await digestFiles(folder, (path) => !paths.has(path));
  const text = manifestOf([...known, ...others]);
  await written(folder, new Map([[MANIFEST, text]]), [MANIFEST]);
}

/** Digests of files as they will lie in a folder. */
export const digestsOf = (files: Files): FileDigest[] => [...files].map(([path, text]) => digestOfText(path, text));

function digestOfText(path: string, text: string): FileDigest {
  const bytes = Buffer.from(text);
  return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);
