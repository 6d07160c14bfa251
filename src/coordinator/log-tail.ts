import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FrameReader } from '../wire/framing.ts';
import { ResultsError, systemCode } from './results-error.ts';

/**
 * Reads a journal, or what was observed beside it, that is still being written, each record once: every call goes on
 * where the last one stopped. A record that is not whole yet is left for the next call.
 */
export class LogTail<T> {
  readonly #folder: string;
  readonly #decode: (record: Uint8Array) => T;
  #file = '';
  #offset = 0;

  /** `folder`: the results folder; `name`: of the folder of files within it, which need not be there. */
  constructor(folder: string, name: 'journal' | 'telemetry', decode: (record: Uint8Array) => T) {
    this.#folder = join(folder, name);
    this.#decode = decode;
  }

  /** What has come since. Throws a {@link ResultsError} on a damaged record. */
  async *read(): AsyncGenerator<T> {
    const files = (await filesIn(this.#folder)).filter((name) => name.endsWith('.log') && name >= this.#file).sort();
    for (const file of files) {
      if (file !== this.#file) this.#offset = 0;
      this.#file = file;
      yield* this.#rest(join(this.#folder, file));
    }
  }

  async *#rest(path: string): AsyncGenerator<T> {
    const reader = new FrameReader();
    let bytes = 0;
    for await (const piece of createReadStream(path, { start: this.#offset, highWaterMark: 1 << 20 })) {
      bytes += (piece as Buffer).length;
      for (const payload of reader.push(piece as Buffer)) yield this.#decode(payload);
    }
    const fault = reader.finish();
    if (fault?.kind === 'corrupt') throw new ResultsError('path', `${path}: ${fault.message}`);
    this.#offset += fault === null ? bytes : fault.offset;
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
