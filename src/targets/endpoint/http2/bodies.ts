import { DEFAULT_WINDOW, FLAG, FRAME_PAYLOAD, frameHead, LARGEST_WINDOW, TYPE } from './frame.ts';
import type { Output } from './output.ts';
import type { Http2Stream } from './stream.ts';

/** Sends the bodies of one connection as its server has room for them (RFC 9113, section 5.2). */
export class Bodies {
  readonly #output: Output;
  /** With bytes that are still to be sent, in their order. */
  #waiting: Http2Stream[] = [];
  /** Bytes that the server has room for: on the whole connection, and on a stream that begins. */
  #window = DEFAULT_WINDOW;
  #streamWindow = DEFAULT_WINDOW;
  #framePayload = FRAME_PAYLOAD;

  constructor(output: Output) {
    this.#output = output;
  }

  /** What a stream that begins has room for. */
  get streamWindow(): number {
    return this.#streamWindow;
  }

  /** Whether a stream that begins may send so many bytes at once, before which none wait; it is then taken as sent. */
  sendsAtOnce(bytes: number): boolean {
    if (this.#waiting.length > 0 || bytes > this.#window || bytes > this.#streamWindow) return false;
    this.#window -= bytes;
    return true;
  }

  send(stream: Http2Stream, body: Buffer): void {
    stream.body = body;
    this.#waiting.push(stream);
    this.#go();
  }

  /** Nothing more of the stream is sent. Whether something was still to be. */
  drop(stream: Http2Stream): boolean {
    if (stream.body === null) return false;
    stream.body = null;
    this.#waiting = this.#waiting.filter((other) => other !== stream);
    return true;
  }

  /** The server has more room; `stream` null: on the whole connection. False: more than there may be. */
  widen(stream: Http2Stream | null, bytes: number): boolean {
    const wider = bytes + (stream === null ? this.#window : stream.window);
    if (wider > LARGEST_WINDOW) return false;
    if (stream === null) this.#window = wider;
    else stream.window = wider;
    this.#go();
    return true;
  }

  /** What streams begin with, those that have begun too. */
  setStreamWindow(bytes: number, begun: Iterable<Http2Stream>): void {
    for (const stream of begun) stream.window += bytes - this.#streamWindow;
    this.#streamWindow = bytes;
    this.#go();
  }

  setFramePayload(bytes: number): void {
    this.#framePayload = bytes;
  }

  #go(): void {
    if (this.#waiting.length === 0) return;
    for (const stream of this.#waiting) this.#sendOf(stream);
    this.#waiting = this.#waiting.filter(({ body }) => body !== null);
  }

  #sendOf(stream: Http2Stream): void {
    for (let { body } = stream; body !== null; body = stream.body) {
      const bytes = Math.min(body.length - stream.sent, this.#window, stream.window, this.#framePayload);
      if (bytes <= 0) return;
      const isLast = stream.sent + bytes === body.length;
      const flags = isLast && stream.trailer === null ? FLAG.endStream : 0;
      this.#output.add(frameHead(TYPE.data, flags, stream.id, bytes));
      this.#output.add(body.subarray(stream.sent, stream.sent + bytes));
      stream.sent += bytes;
      stream.window -= bytes;
      this.#window -= bytes;
      if (!isLast) continue;
      stream.body = null;
      if (stream.trailer !== null) this.#output.add(stream.trailer);
    }
  }
}
