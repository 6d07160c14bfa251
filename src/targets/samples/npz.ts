import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { makeFolders } from '../../models/make-folders.ts';

/** An array of an `.npz` archive, as bytes of a file: of the archive where it is stored plain, else of its own. */
export interface NpzMember {
  /** Without `.npy`. */
  readonly name: string;
  readonly path: string;
  /** Where the `.npy` begins. */
  readonly base: number;
  readonly bytes: number;
}

const STORED = 0;
const ENCRYPTED_BIT = 1;

/**
 * The arrays of an `.npz` file. Those that are stored compressed are unpacked, once for the content `sha256`, into a
 * folder below `cache` that appears whole or not at all.
 *
 * @throws Error with yauzl's words where the file is no sound archive, or the file system's own.
 */
export async function npzMembers(path: string, sha256: string, cache: string): Promise<readonly NpzMember[]> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    const entries = await entriesOf(zip);
    const compressed = entries.filter((entry) => entry.compressionMethod !== STORED);
    const folder = join(cache, 'arrays', sha256);
    if (compressed.length > 0) await unpack(zip, compressed, folder);
    return await Promise.all(entries.map((entry) => memberOf(zip, entry, path, folder)));
  } finally {
    zip.close();
  }
}

async function entriesOf(zip: ZipFile): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    if (!entry.fileName.endsWith('.npy')) continue;
    if ((entry.generalPurposeBitFlag & ENCRYPTED_BIT) !== 0) throw new Error(`${entry.fileName} is encrypted`);
    if (!entry.canDecodeFileData()) throw new Error(`${entry.fileName} is compressed in a way that is not known`);
    if (entries.some(({ fileName }) => fileName === entry.fileName))
      throw new Error(`${entry.fileName} is in it twice`);
    entries.push(entry);
  }
  return entries;
}

/** A file name that holds no path, whatever the array is called. */
const fileOf = (folder: string, { fileName }: Entry): string =>
  join(folder, `${createHash('sha256').update(fileName).digest('hex')}.npy`);

async function unpack(zip: ZipFile, entries: readonly Entry[], folder: string): Promise<void> {
  if (await isThere(folder)) return;
  await makeFolders(dirname(folder));
  const workshop = await mkdtemp(`${folder}-`);
  try {
    for (const entry of entries) {
      await pipeline(
        await zip.openReadStreamPromise(entry),
        createWriteStream(fileOf(workshop, entry), { flags: 'wx' }),
      );
    }
    await rename(workshop, folder).catch(async (error: unknown) => {
      if (!(await isThere(folder))) throw error;
    });
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function memberOf(zip: ZipFile, entry: Entry, archive: string, folder: string): Promise<NpzMember> {
  const name = entry.fileName.replace(/\.npy$/u, '');
  const bytes = entry.uncompressedSize;
  if (entry.compressionMethod !== STORED) return { name, path: fileOf(folder, entry), base: 0, bytes };
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  return { name, path: archive, base: fileDataStart, bytes };
}
