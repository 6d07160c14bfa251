import { copyFile, link, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileOfPlan } from '../../campaign/plan.ts';
import { sha256OfFile } from '../../models/digest.ts';
import { makeFolders } from '../../models/make-folders.ts';
import { FileProblem, WrongContent } from './file-problem.ts';
import { type Hold, holdUnless } from './hold.ts';
import { type Pieces, receiveFile } from './receive-file.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** The cache holds no more than this, nor more than this share of its file system. */
const MOST_BYTES = 64 * GIB;
const MOST_SHARE = 1 / 4;
/** Left free for everybody else. */
const SPARE_BYTES = 64 * MIB;
/** A file that nobody has written to for this long is nobody's. */
const ABANDONED_MS = 3_600_000;
/** A file that comes wrong is asked for once more. */
const TRIES = 2;

export interface CacheOptions {
  /** Made when it is not there. Agents of one node may share it. */
  readonly folder: string;
  readonly source: Pieces;
  /** Drawn once per process. */
  readonly nonce: string;
  /** Milliseconds of the wall clock, by which the file system tells ages. */
  nowMs(): number;
  /** What it may hold at most; absent: what the disk allows. */
  readonly mostBytes?: number;
}

/**
 * Files of plans on a node, by content: each is fetched once however many agents of the node want it. What is used is linked
 * out of the cache, so that it may be cleaned at any time; what was used longest ago goes first.
 */
export class FileCache {
  readonly #options: CacheOptions;

  constructor(options: CacheOptions) {
    this.#options = options;
  }

  /**
   * Lays a file at `to`, its content verified there. A copy that is torn or wrong is thrown away and fetched again.
   *
   * @throws FileProblem where that cannot be.
   */
  async lay(file: FileOfPlan, to: string, signal: AbortSignal): Promise<void> {
    try {
      await makeFolders(dirname(to), 0o700);
      await makeFolders(this.#options.folder, 0o700);
      for (let tries = 1; ; tries++) {
        await this.#link(file, to, signal);
        const found = await sha256OfFile(to);
        if (found === file.sha256) return;
        await this.#discard(file, to);
        if (tries === TRIES)
          throw new FileProblem(`${this.#blob(file)}: found SHA-256 ${found}, expected ${file.sha256}, twice`);
      }
    } catch (error) {
      throw this.#explained(error, file);
    }
  }

  async #link(file: FileOfPlan, to: string, signal: AbortSignal): Promise<void> {
    while (!(await linked(this.#blob(file), to))) {
      const hold = await holdUnless(() => isThere(this.#blob(file)), this.#path(`${file.sha256}.lock`), {
        nowMs: this.#options.nowMs,
        signal,
      });
      if (hold !== null) await this.#fetch(file, hold, signal);
    }
  }

  async #fetch(file: FileOfPlan, hold: Hold, signal: AbortSignal): Promise<void> {
    const part = this.#path(`${file.sha256}.${this.#options.nonce}.part`);
    try {
      await this.#makeRoom(file);
      await receiveFile(file, part, this.#options.source, signal).catch(async (error: unknown) => {
        if (!(error instanceof WrongContent)) throw error;
        await rm(part, { force: true });
        await receiveFile(file, part, this.#options.source, signal);
      });
      await rename(part, this.#blob(file));
    } finally {
      await rm(part, { force: true });
      await hold.release();
    }
  }

  /** Files that were used longest ago give way; @throws FileProblem where that is not enough. */
  async #makeRoom({ path, bytes }: FileOfPlan): Promise<void> {
    const { folder } = this.#options;
    const blobs = await this.#blobs();
    const most = this.#options.mostBytes ?? (await mostBytesIn(folder));
    let held = blobs.reduce((sum, blob) => sum + blob.bytes, 0);
    for (const blob of blobs) {
      if (held + bytes <= most && (await freeIn(folder)) >= bytes + SPARE_BYTES) return;
      await rm(blob.path, { force: true });
      held -= blob.bytes;
    }
    const free = await freeIn(folder);
    if (free < bytes + SPARE_BYTES) throw new FileProblem(noRoom(folder, path, bytes, free));
  }

  /** The one that was used longest ago first: a link is made at each use, which the inode's time of change tells. */
  async #blobs(): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
    const { folder, nowMs } = this.#options;
    const found: { readonly path: string; readonly bytes: number; readonly usedMs: number }[] = [];
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      const state = await stat(path).catch(() => null);
      if (state === null || !state.isFile()) continue;
      if (/^[0-9a-f]{64}$/u.test(name)) found.push({ path, bytes: state.size, usedMs: state.ctimeMs });
      else if (nowMs() - state.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    }
    return found.sort((a, b) => a.usedMs - b.usedMs);
  }

  async #discard(file: FileOfPlan, to: string): Promise<void> {
    await rm(to, { force: true });
    await rm(this.#blob(file), { force: true });
  }

  #explained(error: unknown, { path, bytes }: FileOfPlan): unknown {
    if (error instanceof FileProblem || !(error instanceof Error) || !('syscall' in error)) return error;
    const { folder } = this.#options;
    const { code = error.message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') return new FileProblem(noRoom(folder, path, bytes, null));
    const hint = 'name a folder that the agent may write with --files';
    return new FileProblem(`${path}: cannot be kept in ${folder} on this node: ${code}; ${hint}`);
  }

  #blob = ({ sha256 }: FileOfPlan): string => this.#path(sha256);

  #path(name: string): string {
    return join(this.#options.folder, name);
  }
}

/** False: there is nothing to link to. Where a file system knows no links, a copy. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPERM' || error.code === 'ENOTSUP' || error.code === 'EMLINK') await copyFile(from, to);
      else throw error;
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const freeIn = async (folder: string): Promise<number> => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

const mostBytesIn = async (folder: string): Promise<number> => {
  const { blocks, bsize } = await statfs(folder);
  return Math.min(MOST_BYTES, blocks * bsize * MOST_SHARE);
};

function noRoom(folder: string, path: string, bytes: number, free: number | null): string {
  const found = free === null ? 'is full' : `has ${mib(free)} free`;
  return `${path}: needs ${mib(bytes)} on this node, and ${folder} ${found}; free some there, or name another folder with --files`;
}

const mib = (bytes: number): string => `${Number((bytes / MIB).toFixed(1))} MiB`;
