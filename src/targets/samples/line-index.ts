import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileDigest, notedDigest, readDigest, writeWhole } from '../../models/known-digest.ts';
import type { ByteFile } from './byte-file.ts';

const OFFSET_BYTES = 8;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Where the line index of a file's content lies: eight bytes a line, so that a line is found without reading others. */
export const lineIndexFile = (sha256: string, cache: string): string => join(cache, 'lines', `${sha256}.f64`);

/**
 * The digest of a file of lines, and an index of them in `cache`: made in one pass over the file, and found again as
 * long as the file is the one that was read.
 */
export async function indexLines(path: string, cache: string): Promise<FileDigest> {
  const known = await notedDigest(path, cache);
  if (known !== null && (await isThere(lineIndexFile(known.sha256, cache)))) return known;
  const starts = new LineStarts();
  const digest = await readDigest(path, cache, (piece, at) => starts.see(piece, at));
  await writeWhole(lineIndexFile(digest.sha256, cache), starts.finish(digest.bytes));
  return digest;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

/** Collects where lines begin. Lines that hold nothing are none, and a byte order mark is no part of the first. */
export class LineStarts {
  #starts = new Float64Array(4096);
  #count = 0;
  /** Where the line that is being read began, and whether anything stands in it. */
  #start = 0;
  #empty = true;

  /** Takes the piece of the file that begins at byte `at`, in order. */
  see(piece: Uint8Array, at: number): void {
    let from = at === 0 && BYTE_ORDER_MARK.every((byte, i) => piece[i] === byte) ? BYTE_ORDER_MARK.length : 0;
    if (at === 0) this.#start = from;
    while (from < piece.length) {
      const end = piece.indexOf(NEWLINE, from);
      const stop = end < 0 ? piece.length : end;
      if (this.#empty && !isBlank(piece, from, stop)) this.#empty = false;
      if (end < 0) return;
      this.#close(at + end + 1);
      from = end + 1;
    }
  }

  /** The starts of all lines and the end of the last one, as the bytes of doubles. */
  finish(fileBytes: number): Uint8Array {
    this.#close(fileBytes);
    this.#push(fileBytes);
    return new Uint8Array(this.#starts.buffer, 0, this.#count * OFFSET_BYTES);
  }

  #close(next: number): void {
    if (!this.#empty) this.#push(this.#start);
    this.#start = next;
    this.#empty = true;
  }

  #push(offset: number): void {
    if (this.#count === this.#starts.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#count++] = offset;
  }
}

const isBlank = (piece: Uint8Array, from: number, stop: number): boolean =>
  stop === from || (stop === from + 1 && piece[from] === CARRIAGE_RETURN);

/** Lines of a file, read by index through its line index. */
export class IndexedLines {
  readonly count: number;
  readonly #lines: ByteFile;
  readonly #index: ByteFile;
  readonly #bounds = new Float64Array(2);
  readonly #boundBytes = new Uint8Array(this.#bounds.buffer);
  #text: Buffer<ArrayBuffer> = Buffer.alloc(4096);

  constructor(lines: ByteFile, index: ByteFile) {
    this.#lines = lines;
    this.#index = index;
    this.count = Math.max(0, index.size / OFFSET_BYTES - 1);
  }

  /** The text of line `index`, which must be below `count`, with what is blank behind it. */
  line(index: number): string {
    this.#index.read(this.#boundBytes, 0, 2 * OFFSET_BYTES, index * OFFSET_BYTES);
    const [from = 0, to = 0] = this.#bounds;
    const length = to - from;
    if (this.#text.length < length) this.#text = Buffer.alloc(2 * length);
    this.#lines.read(this.#text, 0, length, from);
    return this.#text.toString('utf8', 0, length);
  }

  close(): void {
    this.#lines.close();
    this.#index.close();
  }
}
