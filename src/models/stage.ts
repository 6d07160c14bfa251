import { createHash } from 'node:crypto';
import type * as fsPromises from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { makeFolders } from './make-folders.ts';

/** Raised whenever the bytes of any reference model change, so that no stale file is taken for the new one. */
export const REFERENCE_FORMAT_VERSION = 1;

/** What staging does to the file system: `node:fs/promises`, or a test's own. */
export type StagingFs = Pick<
  typeof fsPromises,
  'mkdtemp' | 'open' | 'readFile' | 'rename' | 'rm' | 'stat' | 'writeFile'
>;

export interface StagedModel {
  /** As `cacheDir` was given: absolute when that is. */
  readonly path: string;
  /** Lowercase hexadecimal. */
  readonly sha256: string;
  readonly bytes: number;
}

/** What stands beside a staged file, so that it need not be read again to be trusted. */
const noteSchema = z.object({ sha256: z.string(), bytes: z.number(), mtimeMs: z.number() });
type Note = z.infer<typeof noteSchema>;

/**
 * The file of a reference model in `cacheDir`, written once and found again while its size and time of change are those
 * it was written with; otherwise written anew. Written to a folder of its own, flushed and renamed, so that a reader
 * meets a whole file or none, and processes that stage at the same time do not disturb each other.
 *
 * @throws ModelError `unknown-model`; the file system's own error where `cacheDir` cannot be written.
 */
export async function stageReferenceModel(name: string, cacheDir: string, fs: StagingFs): Promise<StagedModel> {
  const path = join(cacheDir, `${name}-${REFERENCE_FORMAT_VERSION}.onnx`);
  const found = await unchanged(path, fs);
  if (found !== null) return { path, sha256: found.sha256, bytes: found.bytes };
  // The writer's library is slow to load, and nearly always the file is there.
  const { encodeReferenceModel, REFERENCE_WEIGHTS_SEED } = await import('./reference-file.ts');
  const model = encodeReferenceModel(name, REFERENCE_WEIGHTS_SEED);
  await makeFolders(cacheDir);
  const workshop = await fs.mkdtemp(join(cacheDir, '.staging-'));
  try {
    const fresh = join(workshop, 'model.onnx');
    const sha256 = await writeFlushed(fresh, model.chunks(), fs);
    const { size, mtimeMs } = await fs.stat(fresh);
    const note: Note = { sha256, bytes: size, mtimeMs };
    await fs.writeFile(join(workshop, 'note.json'), `${JSON.stringify(note)}\n`);
    await fs.rename(fresh, path);
    await fs.rename(join(workshop, 'note.json'), noteOf(path));
    return { path, sha256, bytes: size };
  } finally {
    await fs.rm(workshop, { recursive: true, force: true });
  }
}

const noteOf = (path: string): string => `${path}.json`;

/** The note beside the file when both are there and agree. */
async function unchanged(path: string, fs: StagingFs): Promise<Note | null> {
  try {
    const [stat, text] = await Promise.all([fs.stat(path), fs.readFile(noteOf(path), 'utf8')]);
    const note = noteSchema.parse(JSON.parse(text));
    return stat.size === note.bytes && stat.mtimeMs === note.mtimeMs ? note : null;
  } catch {
    return null;
  }
}

/** @returns SHA-256 of what was written. */
async function writeFlushed(path: string, chunks: Iterable<Uint8Array>, fs: StagingFs): Promise<string> {
  const hash = createHash('sha256');
  const file = await fs.open(path, 'wx');
  try {
    for (const chunk of chunks) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
