import type { ByteReader } from './byte-reader.ts';

/** Bytes read at once, and the longest line. */
const CHUNK = 65_536;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** A line that is longer than anything a person or a program means as one. */
export class LineTooLong extends Error {}

/**
 * The lines of a file, one at a time, in constant memory: `next()` moves on, then `bytes[start, end)` is the line without
 * its end (line feed, with or without a carriage return). The bytes are valid until the next call.
 */
export class LineReader {
  readonly bytes = new Uint8Array(CHUNK);
  start = 0;
  end = 0;
  /** Of the current line, from 1. */
  number = 0;
  readonly #reader: ByteReader;
  /** End of the bytes that are there, and where the next ones stand in the file. */
  #filled = 0;
  #position = 0;
  /** Where the next line begins. */
  #next = 0;
  #atEnd = false;

  constructor(reader: ByteReader) {
    this.#reader = reader;
    this.#fill();
    if (BYTE_ORDER_MARK.every((byte, i) => i < this.#filled && this.bytes[i] === byte)) this.#next = 3;
  }

  /** @throws LineTooLong */
  next(): boolean {
    let feed = this.bytes.indexOf(LINE_FEED, this.#next);
    while ((feed < 0 || feed >= this.#filled) && !this.#atEnd) {
      this.#moveToFront();
      this.#fill();
      feed = this.bytes.indexOf(LINE_FEED, this.#next);
    }
    const isWhole = feed >= 0 && feed < this.#filled;
    if (!isWhole && this.#next >= this.#filled) return false;
    this.start = this.#next;
    this.end = isWhole ? feed : this.#filled;
    this.#next = isWhole ? feed + 1 : this.#filled;
    if (this.end > this.start && this.bytes[this.end - 1] === CARRIAGE_RETURN) this.end--;
    this.number++;
    return true;
  }

  close(): void {
    this.#reader.close();
  }

  #moveToFront(): void {
    if (this.#next === 0 && this.#filled === CHUNK) throw new LineTooLong();
    this.bytes.copyWithin(0, this.#next, this.#filled);
    this.#filled -= this.#next;
    this.#next = 0;
  }

  #fill(): void {
    const count = this.#reader.read(this.bytes.subarray(this.#filled), this.#position);
    this.#position += count;
    this.#filled += count;
    if (count === 0) this.#atEnd = true;
  }
}
