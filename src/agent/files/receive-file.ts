import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { FileOfPlan } from '../../campaign/plan.ts';
import { FileProblem, WrongContent } from './file-problem.ts';

/** Where the bytes of files come from. */
export interface Pieces {
  /** Those of a file from `offset` on, in order; may break off. Throws a {@link FileProblem} where they are not to be had. */
  pieces(sha256: string, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** A line that breaks this often without a byte between is given up. */
const BREAKS = 20;
const AGAIN_MS = 500;
/** A line over which nothing comes for this long is broken. */
const SILENT_MS = 15_000;

/**
 * Receives a file into `to`, which does not exist yet; goes on from where it was when the line breaks.
 *
 * @throws FileProblem where it is not to be had, or is not what was asked for; the file system's own error, such as ENOSPC.
 */
export async function receiveFile(file: FileOfPlan, to: string, source: Pieces, signal: AbortSignal): Promise<void> {
  const handle = await open(to, 'wx', 0o400);
  try {
    await new Receipt(file, handle, source).complete(signal);
  } finally {
    await handle.close();
  }
}

class Receipt {
  readonly #file: FileOfPlan;
  readonly #handle: FileHandle;
  readonly #source: Pieces;
  readonly #hash: Hash = createHash('sha256');
  #received = 0;

  constructor(file: FileOfPlan, handle: FileHandle, source: Pieces) {
    this.#file = file;
    this.#handle = handle;
    this.#source = source;
  }

  async complete(signal: AbortSignal): Promise<void> {
    const { path, bytes, sha256 } = this.#file;
    for (let breaks = 0; this.#received < bytes; ) {
      const before = this.#received;
      const why = await this.#more(signal);
      signal.throwIfAborted();
      if (this.#received >= bytes) break;
      breaks = this.#received > before ? 0 : breaks + 1;
      if (breaks > BREAKS) throw new FileProblem(`${path}: came as far as ${before} of ${bytes} bytes: ${why}`);
      await delay(AGAIN_MS, undefined, { signal });
    }
    const found = this.#hash.digest('hex');
    if (this.#received === bytes && found === sha256) return;
    const came = `${this.#received} bytes came with the SHA-256 ${found}`;
    throw new WrongContent(`${path}: ${came}, expected ${bytes} with ${sha256}`);
  }

  /** Receives until the line breaks; returns why it did, a clause. */
  async #more(signal: AbortSignal): Promise<string> {
    const silence = new AbortController();
    const silent = (): NodeJS.Timeout => setTimeout(() => silence.abort(), SILENT_MS);
    let timer = silent();
    try {
      const either = AbortSignal.any([signal, silence.signal]);
      for await (const piece of this.#source.pieces(this.#file.sha256, this.#received, either)) {
        clearTimeout(timer);
        await this.#take(piece);
        if (this.#received >= this.#file.bytes) return '';
        timer = silent();
      }
      return 'the line broke off';
    } catch (error) {
      if (error instanceof FileProblem || isOfFileSystem(error)) throw error;
      return silence.signal.aborted ? `nothing came for ${SILENT_MS / 1000} s` : messageOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #take(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) at += (await this.#handle.write(piece, at)).bytesWritten;
    this.#hash.update(piece);
    this.#received += piece.length;
  }
}

const isOfFileSystem = (error: unknown): boolean => error instanceof Error && 'syscall' in error;

/** What gRPC says of a status is in its details: "14 UNAVAILABLE: …" is of no use to people. */
const messageOf = (error: unknown): string =>
  error instanceof Error && 'details' in error ? String(error.details) : String(error);
