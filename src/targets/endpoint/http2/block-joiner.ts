import { FLAG, TYPE } from './frame.ts';

/** Of fields that come in several frames, bytes. */
const LARGEST = 65_536;

/** A block of fields in bytes [from, to), which are only there during the call. */
export type BlockRead = (flags: number, stream: number, bytes: Buffer, from: number, to: number) => void;

/** Joins the frames of a block of fields: nothing else may come between them. */
export class BlockJoiner {
  readonly #read: BlockRead;
  #part: Buffer | null = null;
  #stream = 0;
  #flags = 0;

  constructor(read: BlockRead) {
    this.#read = read;
  }

  /** Whether more of a block is to come, and nothing else. */
  get isOpen(): boolean {
    return this.#part !== null;
  }

  /** Null, or what was found that should not be. */
  take(type: number, flags: number, stream: number, bytes: Buffer, from: number, to: number): string | null {
    if (type === TYPE.headers && this.#part === null) return this.#begin(flags, stream, bytes, from, to);
    if (type === TYPE.continuation && this.#part !== null && stream === this.#stream)
      return this.#goOn(flags, this.#part, bytes.subarray(from, to));
    return 'found fields that break off';
  }

  #begin(flags: number, stream: number, bytes: Buffer, from: number, to: number): string | null {
    let [first, last] = [from, to];
    if ((flags & FLAG.padded) !== 0) last -= from < to ? (bytes[first++] as number) : 1;
    if ((flags & FLAG.priority) !== 0) first += 5;
    if (first > last) return 'found a frame of more padding than bytes';
    if ((flags & FLAG.endHeaders) !== 0) this.#read(flags, stream, bytes, first, last);
    else {
      this.#part = Buffer.from(bytes.subarray(first, last));
      this.#stream = stream;
      this.#flags = flags;
    }
    return null;
  }

  #goOn(flags: number, part: Buffer, more: Buffer): string | null {
    const whole = Buffer.concat([part, more]);
    if (whole.length > LARGEST) return `found fields of more than ${LARGEST} bytes`;
    const isWhole = (flags & FLAG.endHeaders) !== 0;
    this.#part = isWhole ? null : whole;
    if (isWhole) this.#read(this.#flags, this.#stream, whole, 0, whole.length);
    return null;
  }
}
