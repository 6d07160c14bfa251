import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { digestFiles } from '../../../coordinator/results-folder.ts';
import { type ResultFile, ROOM } from '../../inside-place.ts';
import { type HeldFile, RESULT_FILES, staysBelow } from './room-talk.ts';

/** What was asked of a room's files and cannot be; the message is a sentence. */
export class FileTrouble extends Error {
  /** Of HTTP. */
  readonly status: 400 | 404 | 409;
  /** How much of the file is there, where that is the trouble. */
  readonly held: HeldFile | null;

  constructor(status: FileTrouble['status'], message: string, held: HeldFile | null = null) {
    super(message);
    this.status = status;
    this.held = held;
  }
}

/** The files of a room: those of the bundle as they come in, and those of the results as they go out. */
export class RoomFiles {
  readonly #bundle: string;
  readonly #results: string;
  readonly #sealed: string;

  constructor(room: string, runId: string) {
    this.#bundle = join(room, ROOM.bundle);
    this.#results = join(room, ROOM.results, runId);
    this.#sealed = join(room, ROOM.sealed);
  }

  /** What has come of the bundle so far, by name. */
  async held(): Promise<readonly HeldFile[]> {
    const paths = await pathsBelow(this.#bundle);
    return Promise.all(paths.map(async (name) => ({ name, bytes: (await stat(join(this.#bundle, name))).size })));
  }

  /** Takes in the bytes of a file from `from` on, which is how many of it there are. Throws a {@link FileTrouble}. */
  async take(name: string, from: number, body: Readable): Promise<HeldFile> {
    const path = below(this.#bundle, name);
    const bytes = await sizeOf(path);
    if (from !== 0 && from !== bytes) {
      throw new FileTrouble(409, `${name}: found bytes from ${from} on, expected them from ${bytes} on`, {
        name,
        bytes,
      });
    }
    await mkdir(dirname(path), { recursive: true });
    await pipeline(body, createWriteStream(path, from === 0 ? {} : { flags: 'r+', start: from }));
    return { name, bytes: await sizeOf(path) };
  }

  /** Those of these files that have not come whole. */
  async missing(wanted: readonly HeldFile[]): Promise<readonly string[]> {
    const held = new Map((await this.held()).map(({ name, bytes }) => [name, bytes]));
    return wanted.filter(({ name, bytes }) => held.get(name) !== bytes).map(({ name }) => name);
  }

  /** As sealed; where nothing was, as they lie there. */
  async results(): Promise<readonly ResultFile[]> {
    const sealed = await readFile(this.#sealed, 'utf8').catch(() => null);
    if (sealed !== null) return RESULT_FILES.parse(JSON.parse(sealed));
    return (await sizeOf(this.#results)) === 0 ? [] : await digestFiles(this.#results, () => true);
  }

  /** The bytes of a file of the results from `from` on, and how many. Throws a {@link FileTrouble}. */
  async result(path: string, from: number): Promise<{ readonly bytes: number; readonly body: Readable }> {
    const full = below(this.#results, path);
    const file = await open(full).catch(() => null);
    if (file === null) throw new FileTrouble(404, `${path}: not found among the results`);
    const { size } = await file.stat();
    return { bytes: Math.max(0, size - from), body: createReadStream(full, { fd: file, start: Math.min(from, size) }) };
  }
}

function below(folder: string, path: string): string {
  if (staysBelow(path)) return join(folder, path);
  throw new FileTrouble(400, `found the path ${path}, expected one below its folder`);
}

/** 0 where there is nothing. */
const sizeOf = async (path: string): Promise<number> =>
  await stat(path).then(
    ({ size }) => size,
    () => 0,
  );

async function pathsBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
