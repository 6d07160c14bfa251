import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { RoomWords } from './room-talk.ts';

const LINE_END = 0x0a;
const PIECE_BYTES = 64 * 1024;
/** How much is told at a time, at most, unless a line alone is longer. */
const TELL_BYTES = 512 * 1024;
/** Between two looks whether there is more. */
const LOOK_MS = 100;

/** A file that grows by lines, read from any line on; only its line ends are kept. */
export class WordsTail {
  readonly #path: string;
  /** Where each whole line begins, and, last, where the next one will. */
  readonly #starts: number[] = [0];
  #read = 0;
  #reading: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The whole lines from the line `from` on (0: the first) as soon as there are any; none when `waitMs` have passed. Nobody writes
   * any more once `isEnded` holds.
   */
  async from(from: number, waitMs: number, isEnded: () => boolean, signal: AbortSignal): Promise<RoomWords> {
    for (const until = performance.now() + waitMs; ; ) {
      const hasEnded = isEnded();
      await this.#catchUp();
      const next = this.#next(from);
      if (next > from) return { lines: await this.#lines(from, next), isOver: hasEnded && next === this.#count };
      if (hasEnded || signal.aborted || performance.now() >= until) return { lines: [], isOver: hasEnded };
      await delay(Math.min(LOOK_MS, waitMs));
    }
  }

  get #count(): number {
    return this.#starts.length - 1;
  }

  /** The line after the last one that is told with the line `from`. */
  #next(from: number): number {
    const begin = this.#starts[from];
    if (begin === undefined || from >= this.#count) return from;
    let next = from + 1;
    while (next < this.#count && (this.#starts[next + 1] ?? 0) - begin <= TELL_BYTES) next++;
    return next;
  }

  async #lines(from: number, next: number): Promise<string[]> {
    const [begin = 0, end = 0] = [this.#starts[from], this.#starts[next]];
    const bytes = Buffer.alloc(end - begin);
    const file = await open(this.#path);
    try {
      await file.read(bytes, 0, bytes.length, begin);
    } finally {
      await file.close();
    }
    return bytes.subarray(0, -1).toString('utf8').split('\n');
  }

  /** What has come since; by one reader at a time. */
  async #catchUp(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #readOn(): Promise<void> {
    const file = await open(this.#path).catch(() => null);
    if (file === null) return;
    try {
      await this.#noteLines(file);
    } finally {
      await file.close();
    }
  }

  async #noteLines(file: FileHandle): Promise<void> {
    const piece = Buffer.alloc(PIECE_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, this.#read);
      if (bytesRead === 0) return;
      for (let at = piece.indexOf(LINE_END); at !== -1 && at < bytesRead; at = piece.indexOf(LINE_END, at + 1)) {
        this.#starts.push(this.#read + at + 1);
      }
      this.#read += bytesRead;
    }
  }
}
