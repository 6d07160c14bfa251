/**
 * Reads HTTP/1.1 responses (RFC 9112) out of the bytes of a connection as they come. Hot: of an answer whose head is that
 * of the answer before, nothing is allocated and no header is looked at; bodies are passed over where they lie.
 */

/** What a head says. */
export interface ResponseHead {
  readonly status: number;
  /** The whole head, Latin-1. */
  readonly text: string;
  /** Bytes of the body; null: chunked, or until the connection closes. */
  readonly length: number | null;
  readonly isChunked: boolean;
  /** Whether the server keeps the connection open. */
  readonly persists: boolean;
  /** The server's own time where `Server-Timing` tells it, else 0; nanoseconds. */
  readonly serverNs: number;
}

/** What is told while bytes are read. */
export interface ResponseEvents {
  /** Bytes [from, to) of `bytes` belong to the body; they are only there during the call. */
  body(bytes: Buffer, from: number, to: number): void;
  /** The answer is complete. */
  end(head: ResponseHead): void;
}

const HEAD = 0;
const LENGTH = 1;
const UNTIL_CLOSE = 2;
const CHUNK_SIZE = 3;
const CHUNK = 4;
const CHUNK_END = 5;
const TRAILER = 6;

const LARGEST_HEAD = 65_536;
const LONGEST_LINE = 8192;
const END_OF_HEAD = Buffer.from('\r\n\r\n');
const LF = 10;
const NOTHING = Buffer.alloc(0);

export class ResponseParser {
  readonly #events: ResponseEvents;
  #state = HEAD;
  #left = 0;
  /** The head that came last, and its bytes. */
  #head: ResponseHead | null = null;
  #headBytes: Buffer = NOTHING;
  /** A head or a line that came in part. */
  #part: Buffer = NOTHING;
  #isExpecting = false;
  #hasBody = true;
  #isComplete = false;
  /** What was wrong with what came; null: nothing. A parser with a fault reads nothing more. */
  fault: string | null = null;

  constructor(events: ResponseEvents) {
    this.#events = events;
  }

  /** An answer is to come. `method` HEAD: without its body. */
  expect(method: string): void {
    this.#isExpecting = true;
    this.#hasBody = method !== 'HEAD';
    this.#state = HEAD;
  }

  /** Whatever came of an answer is forgotten: the next byte is that of another connection. */
  reset(): void {
    this.#state = HEAD;
    this.#isExpecting = false;
    this.#isComplete = false;
    this.#part = NOTHING;
    this.fault = null;
  }

  /** Whether the connection of the answer that is told can carry another one: its end must be known, and that there is none. */
  get keepsAlive(): boolean {
    const head = this.#head as ResponseHead;
    return head.persists && (head.isChunked || head.length !== null || !this.#mayHaveBody(head));
  }

  /** Reads bytes [0, length) of `bytes`; false: see {@link fault}. */
  read(bytes: Buffer, length: number): boolean {
    let at = 0;
    while (at < length && this.fault === null && !this.#isComplete) at = this.#step(bytes, at, length);
    if (this.#isComplete && at < length) this.#fail('bytes beyond the answer', length);
    if (this.fault !== null) return false;
    if (this.#isComplete) this.#tell();
    return true;
  }

  /** The connection was closed by the other side; true where that ends an answer rightly, which is then told. */
  close(): boolean {
    if (!this.#isExpecting || this.#state !== UNTIL_CLOSE) return false;
    this.#tell();
    return true;
  }

  #step(bytes: Buffer, at: number, length: number): number {
    switch (this.#state) {
      case HEAD:
        return this.#readHead(bytes, at, length);
      case LENGTH:
      case CHUNK:
        return this.#readBody(bytes, at, length);
      case UNTIL_CLOSE:
        this.#events.body(bytes, at, length);
        return length;
      case CHUNK_SIZE:
        return this.#readLine(bytes, at, length, (line) => this.#chunkSize(line));
      case CHUNK_END:
        return this.#readLine(bytes, at, length, (line) => this.#chunkEnd(line));
      default:
        return this.#readLine(bytes, at, length, (line) => this.#trailer(line));
    }
  }

  #readHead(bytes: Buffer, at: number, length: number): number {
    if (!this.#isExpecting) return this.#fail('bytes beyond the answer', length);
    const kept = this.#headBytes.length;
    const isKept =
      this.#part.length === 0 && kept > 0 && at + kept <= length && this.#headBytes.compare(bytes, at, at + kept) === 0;
    if (isKept && this.#head !== null) {
      this.#begin(this.#head);
      return at + kept;
    }
    return this.#readNewHead(bytes, at, length);
  }

  #readNewHead(bytes: Buffer, at: number, length: number): number {
    const before = this.#part.length;
    const whole = before === 0 ? bytes.subarray(at, length) : Buffer.concat([this.#part, bytes.subarray(at, length)]);
    const end = whole.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (whole.length > LARGEST_HEAD) return this.#fail(`a head of more than ${LARGEST_HEAD} bytes`, length);
      this.#part = Buffer.from(whole);
      return length;
    }
    this.#part = NOTHING;
    const head = headOf(whole.toString('latin1', 0, end));
    if (typeof head === 'string') return this.#fail(head, length);
    const next = at + end + END_OF_HEAD.length - before;
    if (head.status === 101) return this.#fail('the status 101, which nobody asked for', length);
    if (head.status >= 100 && head.status < 200) return next;
    this.#head = head;
    this.#headBytes = Buffer.from(whole.subarray(0, end + END_OF_HEAD.length));
    this.#begin(head);
    return next;
  }

  #begin(head: ResponseHead): void {
    const { length, isChunked } = head;
    if (!this.#mayHaveBody(head) || length === 0) {
      this.#end();
      return;
    }
    this.#left = length ?? 0;
    if (length !== null) this.#state = LENGTH;
    else this.#state = isChunked ? CHUNK_SIZE : UNTIL_CLOSE;
  }

  #mayHaveBody({ status }: ResponseHead): boolean {
    return this.#hasBody && status !== 204 && status !== 304;
  }

  #readBody(bytes: Buffer, at: number, length: number): number {
    const to = Math.min(length, at + this.#left);
    this.#left -= to - at;
    this.#events.body(bytes, at, to);
    if (this.#left > 0) return to;
    if (this.#state === CHUNK) this.#state = CHUNK_END;
    else this.#end();
    return to;
  }

  /** Reads to the end of a line, which may have come in parts. */
  #readLine(bytes: Buffer, at: number, length: number, take: (line: string) => void): number {
    const lf = bytes.indexOf(LF, at);
    const isWhole = lf >= 0 && lf < length;
    const to = isWhole ? lf : length;
    const line = this.#part.toString('latin1') + bytes.toString('latin1', at, to);
    if (line.length > LONGEST_LINE) return this.#fail(`a line of more than ${LONGEST_LINE} bytes`, length);
    if (!isWhole) {
      this.#part = Buffer.from(line, 'latin1');
      return length;
    }
    this.#part = NOTHING;
    take(line.endsWith('\r') ? line.slice(0, -1) : line);
    return lf + 1;
  }

  #chunkSize(line: string): void {
    const match = /^([0-9a-f]{1,13})[ \t]*(?:;.*)?$/iu.exec(line);
    if (match === null) {
      this.#fail(`${quotedLine(line)} where a chunk’s size was expected`, 0);
      return;
    }
    this.#left = Number.parseInt(match[1] ?? '', 16);
    this.#state = this.#left === 0 ? TRAILER : CHUNK;
  }

  #chunkEnd(line: string): void {
    if (line !== '') this.#fail(`${quotedLine(line)} where a chunk’s end was expected`, 0);
    this.#state = CHUNK_SIZE;
  }

  #trailer(line: string): void {
    if (line === '') this.#end();
  }

  #end(): void {
    this.#isComplete = true;
  }

  /** Last of all that is done with a read: what is told may begin the next request. */
  #tell(): void {
    this.#state = HEAD;
    this.#isExpecting = false;
    this.#isComplete = false;
    this.#events.end(this.#head as ResponseHead);
  }

  #fail(what: string, at: number): number {
    this.fault = `found ${what}`;
    return at;
  }
}

const quotedLine = (line: string): string => JSON.stringify(line.slice(0, 40));

/** A head's lines; a text: what was found that should not be. */
function headOf(text: string): ResponseHead | string {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.([01]) (\d{3})(?: |$)/u.exec(first);
  if (status === null) return `${quotedLine(first)} where a status line was expected`;
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) return `${quotedLine(line)} where a header was expected`;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    if (name === 'content-length' && before !== undefined && before !== value) return 'two different Content-Length';
    fields.set(name, before === undefined || name === 'content-length' ? value : `${before}, ${value}`);
  }
  return framed(text, status, fields);
}

function framed(text: string, status: RegExpExecArray, fields: ReadonlyMap<string, string>): ResponseHead | string {
  const coding = fields.get('transfer-encoding')?.toLowerCase();
  const length = fields.get('content-length');
  if (coding !== undefined && coding !== 'chunked') return `Transfer-Encoding ${quotedLine(coding)}`;
  if (length !== undefined && !/^\d{1,15}$/u.test(length)) return `Content-Length ${quotedLine(length)}`;
  const isChunked = coding !== undefined;
  const connection = fields.get('connection')?.toLowerCase() ?? '';
  return {
    status: Number(status[2]),
    text,
    length: isChunked || length === undefined ? null : Number(length),
    isChunked,
    persists: status[1] === '1' ? !/\bclose\b/u.test(connection) : /\bkeep-alive\b/u.test(connection),
    serverNs: serverTimeNs(fields.get('server-timing')),
  };
}

/** `Server-Timing` (W3C): the metric `total` where there is one, else the first with a duration. */
export function serverTimeNs(value: string | undefined): number {
  if (value === undefined) return 0;
  let first = 0;
  for (const metric of value.split(',')) {
    const [name = '', ...parameters] = metric.split(';');
    const duration = parameters.map(durationNs).find((found) => found !== null) ?? null;
    if (duration === null) continue;
    if (name.trim() === 'total') return duration;
    first ||= duration;
  }
  return first;
}

/** `dur=1.5`, milliseconds; null: another parameter. */
function durationNs(parameter: string): number | null {
  const [, digits] = /^\s*dur\s*=\s*"?(\d+\.?\d*|\.\d+)/iu.exec(parameter) ?? [];
  return digits === undefined ? null : Number(digits) * 1e6;
}

/** The value of a header, its name in lower case; undefined where it is not there. */
export function headerIn({ text }: ResponseHead, name: string): string | undefined {
  for (const line of text.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return undefined;
}
