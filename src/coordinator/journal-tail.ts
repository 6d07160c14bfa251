import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FrameReader } from '../wire/framing.ts';
import { decodeJournalRecord, type JournalEntry } from './events.ts';
import { ResultsError } from './results-error.ts';

/**
 * Reads a journal that is still being written, each record once: every call goes on where the last one stopped. A
 * record that is not whole yet is left for the next call.
 */
export class JournalTail {
  readonly #folder: string;
  #file = '';
  #offset = 0;

  /** `folder`: the results folder. */
  constructor(folder: string) {
    this.#folder = join(folder, 'journal');
  }

  /** What has come since. Throws a {@link ResultsError} on a damaged record. */
  async *read(): AsyncGenerator<JournalEntry> {
    const files = (await readdir(this.#folder)).filter((name) => name.endsWith('.log') && name >= this.#file).sort();
    for (const file of files) {
      if (file !== this.#file) this.#offset = 0;
      this.#file = file;
      yield* this.#rest(join(this.#folder, file));
    }
  }

  async *#rest(path: string): AsyncGenerator<JournalEntry> {
    const reader = new FrameReader();
    let bytes = 0;
    for await (const piece of createReadStream(path, { start: this.#offset, highWaterMark: 1 << 20 })) {
      bytes += (piece as Buffer).length;
      for (const payload of reader.push(piece as Buffer)) yield decodeJournalRecord(payload);
    }
    const fault = reader.finish();
    if (fault?.kind === 'corrupt') throw new ResultsError('path', `${path}: ${fault.message}`);
    this.#offset += fault === null ? bytes : fault.offset;
  }
}
