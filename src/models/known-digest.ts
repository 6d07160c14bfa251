import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { makeFolders } from './make-folders.ts';

/** A file by its content. */
export interface FileDigest {
  /** SHA-256, lowercase hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

const noteSchema = z.strictObject({ path: z.string(), state: z.string(), sha256: z.string(), bytes: z.number() });
type Note = z.infer<typeof noteSchema>;

/** A file may change twice within one tick of its file system's clock; a note this much younger than it saw the last. */
const TICK_NS = 1_000_000_000n;
const PIECE_BYTES = 1024 * 1024;

/**
 * SHA-256 of a large file, read through once: a note in `cache` stands for it as long as size, inode and time of change
 * are those with which it was read.
 *
 * @throws the file system's own error where the file cannot be read; without a note where `cache` cannot be written.
 */
export const knownDigest = async (path: string, cache: string): Promise<FileDigest> =>
  (await notedDigest(path, cache)) ?? (await readDigest(path, cache));

/** What the note of a file says; null where there is none that holds. @throws where the file is not there. */
export async function notedDigest(path: string, cache: string): Promise<FileDigest | null> {
  const state = await stateOf(path);
  try {
    const file = await open(noteFile(path, cache));
    try {
      const { mtimeNs } = await file.stat({ bigint: true });
      const note = noteSchema.parse(JSON.parse(await file.readFile('utf8')));
      const holds = note.path === path && note.state === state.text && mtimeNs - state.changedNs > TICK_NS;
      return holds ? { sha256: note.sha256, bytes: note.bytes } : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

/** Reads the file through, shows `observe` its content, and leaves the note. */
export async function readDigest(
  path: string,
  cache: string,
  observe: (piece: Buffer, at: number) => void = () => {},
): Promise<FileDigest> {
  const state = await stateOf(path);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
    const content = piece as Buffer;
    hash.update(content);
    observe(content, bytes);
    bytes += content.length;
  }
  const digest = { sha256: hash.digest('hex'), bytes };
  await leaveNote({ path, state: state.text, ...digest }, cache).catch(() => {});
  return digest;
}

interface FileState {
  readonly text: string;
  readonly changedNs: bigint;
}

async function stateOf(path: string): Promise<FileState> {
  const found = await stat(path, { bigint: true });
  // A pipe or a device would be read for ever; a folder is refused by who reads it.
  if (!found.isFile() && !found.isDirectory()) throw new Error('it is no regular file');
  const { dev, ino, size, mtimeNs, ctimeNs } = found;
  return { text: [dev, ino, size, mtimeNs, ctimeNs].join(' '), changedNs: ctimeNs };
}

const noteFile = (path: string, cache: string): string =>
  join(cache, 'digests', `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.json`);

const leaveNote = (note: Note, cache: string): Promise<void> =>
  writeWhole(noteFile(note.path, cache), Buffer.from(`${JSON.stringify(note)}\n`));

/** Writes a file that appears whole or not at all, whoever else writes it at the same time. */
export async function writeWhole(path: string, content: Uint8Array): Promise<void> {
  const folder = dirname(path);
  await makeFolders(folder);
  const workshop = await mkdtemp(join(folder, '.fresh-'));
  try {
    await writeFile(join(workshop, 'file'), content);
    await rename(join(workshop, 'file'), path);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}
