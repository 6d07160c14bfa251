const COMMA = 44;
const QUOTE = 34;
const SPACE = 32;
const TAB = 9;

/**
 * Where the first fields of a CSV line stand (RFC 4180 on one line): field i is `bytes[from[i], to[i])`, without the
 * blanks and quotes around it. Allocates nothing per line.
 */
export class CsvFields {
  readonly from: Int32Array;
  readonly to: Int32Array;

  constructor(count: number) {
    this.from = new Int32Array(count);
    this.to = new Int32Array(count);
  }

  /** How many of the wanted fields `bytes[start, end)` has. */
  split(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (let field = 0; field < this.from.length; field++) {
      if (at > end) return field;
      at = this.#take(field, bytes, at, end) + 1;
    }
    return this.from.length;
  }

  /** Takes the field that begins at `start`; returns where the comma after it stands, or the line's end. */
  #take(field: number, bytes: Uint8Array, start: number, end: number): number {
    const first = pastBlanks(bytes, start, end);
    if (first < end && bytes[first] === QUOTE) {
      const close = until(QUOTE, bytes, first + 1, end);
      this.from[field] = first + 1;
      this.to[field] = close;
      return until(COMMA, bytes, close, end);
    }
    const stop = until(COMMA, bytes, first, end);
    this.from[field] = first;
    this.to[field] = beforeBlanks(bytes, first, stop);
    return stop;
  }
}

function until(byte: number, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== byte) at++;
  return at;
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

function pastBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at])) at++;
  return at;
}

function beforeBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isBlank(bytes[at - 1])) at--;
  return at;
}
