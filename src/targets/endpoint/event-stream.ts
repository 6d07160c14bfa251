/**
 * Reads server-sent events out of the bytes of a body as they come (WHATWG HTML, "Parsing an event stream"): lines end with
 * CR, LF or CRLF; a line that begins with a colon says nothing; the data lines of an event are joined by LF; a blank line
 * ends the event, which counts where it had a data line; what the end of the body cuts short is no event. Hot: where events
 * are no longer than those before them, nothing is allocated.
 */

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const BOM = [0xef, 0xbb, 0xbf] as const;
/** Beyond that no event is read. */
const LONGEST_EVENT = 16 * 2 ** 20;
const LONGEST_NAME = 5;
const DATA = Buffer.from('data');
const EVENT = Buffer.from('event');

/** What is told while bytes are read: an event is complete, and is what the parser holds during the call. */
export type EventRead = (parser: EventStreamParser) => void;

// Where in a line the next byte stands.
const NAME = 0;
const AFTER_COLON = 1;
const VALUE = 2;
/** What is left of the line says nothing. */
const PASSED = 3;

export class EventStreamParser {
  readonly #data = new Text();
  readonly #type = new Text();
  readonly #name = Buffer.alloc(LONGEST_NAME);
  #nameLength = 0;
  /** Where the line's value goes; null: nowhere. */
  #into: Text | null = null;
  #state = NAME;
  #hasData = false;
  /** The byte before was a CR: an LF belongs to it. */
  #isAfterCr = false;
  /** Bytes of the byte-order mark that may stand in front; -1: it is past. */
  #mark = 0;
  /** An event was longer than anything that is read; nothing is told any more. */
  isTooLong = false;

  /** The next byte is the first of another body. */
  reset(): void {
    this.#clear();
    this.#data.length = 0;
    this.#type.length = 0;
    this.#hasData = false;
    this.#isAfterCr = false;
    this.#mark = 0;
    this.isTooLong = false;
  }

  /** Reads bytes [from, to) of `bytes`. */
  read(bytes: Buffer, from: number, to: number, tell: EventRead): void {
    let at = this.#mark < 0 ? from : this.#passMark(bytes, from, to);
    while (at < to && !this.isTooLong) {
      const byte = bytes[at] as number;
      if (this.#isAfterCr) {
        this.#isAfterCr = false;
        if (byte === LF) {
          at++;
          continue;
        }
      }
      if (byte === LF || byte === CR) {
        this.#isAfterCr = byte === CR;
        at++;
        this.#endLine(tell);
      } else at = this.#readOn(bytes, at, to);
    }
  }

  /** Whether the data of the event are this text. */
  dataIs(text: Buffer): boolean {
    return this.#data.is(text);
  }

  /** Whether its type is this text; an event without an `event:` line has the type `message`. */
  typeIs(text: Buffer): boolean {
    return this.#type.length === 0 ? text.equals(MESSAGE) : this.#type.is(text);
  }

  /** Its data, UTF-8. */
  dataText(): string {
    return this.#data.toString();
  }

  /** A mark of three bytes in front of a body is none of it, even where it comes in parts. */
  #passMark(bytes: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.#mark >= 0) {
      if (bytes[at] !== BOM[this.#mark]) {
        // Bytes of a mark that did not go on are a field's name that nobody knows.
        if (this.#mark > 0) this.#state = PASSED;
        this.#mark = -1;
        return at;
      }
      at++;
      this.#mark = this.#mark === BOM.length - 1 ? -1 : this.#mark + 1;
    }
    return at;
  }

  /** Reads what of [at, to) belongs to one part of the line; returns where the next part begins. */
  #readOn(bytes: Buffer, at: number, to: number): number {
    switch (this.#state) {
      case NAME:
        return this.#readName(bytes, at);
      case AFTER_COLON:
        this.#state = this.#into === null ? PASSED : VALUE;
        return bytes[at] === SPACE ? at + 1 : at;
      default: {
        const end = endOfLine(bytes, at, to);
        if (this.#state === VALUE && this.#into !== null) this.#keep(this.#into, bytes, at, end);
        return end;
      }
    }
  }

  #readName(bytes: Buffer, at: number): number {
    const byte = bytes[at] as number;
    if (byte === COLON) {
      this.#beginValue();
      this.#state = AFTER_COLON;
    } else if (this.#nameLength === LONGEST_NAME) this.#state = PASSED;
    else this.#name[this.#nameLength++] = byte;
    return at + 1;
  }

  /** The name of a line is complete. Fields of other names (`id`, `retry`, and what nobody knows) are passed over. */
  #beginValue(): void {
    if (this.#isNamed(DATA)) {
      if (this.#hasData) this.#data.add(LF);
      this.#hasData = true;
      this.#into = this.#data;
    } else if (this.#isNamed(EVENT)) {
      this.#type.length = 0;
      this.#into = this.#type;
    }
  }

  #isNamed(name: Buffer): boolean {
    return this.#nameLength === name.length && this.#name.compare(name, 0, name.length, 0, name.length) === 0;
  }

  #keep(text: Text, bytes: Buffer, from: number, to: number): void {
    if (text.length + to - from > LONGEST_EVENT) this.isTooLong = true;
    else text.copy(bytes, from, to);
  }

  #endLine(tell: EventRead): void {
    const isBlank = this.#state === NAME && this.#nameLength === 0;
    // A line without a colon is a name with an empty value.
    if (this.#state === NAME && !isBlank) this.#beginValue();
    this.#clear();
    if (!isBlank) return;
    if (this.#hasData) tell(this);
    this.#data.length = 0;
    this.#type.length = 0;
    this.#hasData = false;
  }

  #clear(): void {
    this.#state = NAME;
    this.#nameLength = 0;
    this.#into = null;
  }
}

const MESSAGE = Buffer.from('message');

function endOfLine(bytes: Buffer, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== LF && bytes[at] !== CR) at++;
  return at;
}

/** Bytes that are used again and again. */
class Text {
  length = 0;
  #bytes = Buffer.allocUnsafe(256);

  add(byte: number): void {
    this.#grow(1);
    this.#bytes[this.length++] = byte;
  }

  copy(bytes: Buffer, from: number, to: number): void {
    this.#grow(to - from);
    bytes.copy(this.#bytes, this.length, from, to);
    this.length += to - from;
  }

  is(text: Buffer): boolean {
    return this.length === text.length && this.#bytes.compare(text, 0, text.length, 0, this.length) === 0;
  }

  toString(): string {
    return this.#bytes.toString('utf8', 0, this.length);
  }

  #grow(by: number): void {
    if (this.length + by <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(2 ** Math.ceil(Math.log2(this.length + by)));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}
