import { BlockJoiner, type BlockRead } from './block-joiner.ts';
import { FLAG, FRAME_HEAD, FRAME_PAYLOAD, isOfRightSize, STREAM_AT, TYPE } from './frame.ts';

/** What is told while bytes are read; they are only there during the call. */
export interface FrameEvents {
  /** A block of fields, whole; `flags` of the frame that began it. */
  readonly block: BlockRead;
  /** A frame that holds neither fields nor a body, whose payload is bytes [from, to). */
  frame(type: number, flags: number, stream: number, bytes: Buffer, from: number, to: number): void;
  /** Bytes [from, to) of a stream's body. */
  data(stream: number, bytes: Buffer, from: number, to: number): void;
  /** A frame of DATA is complete; `payload` bytes of it count, padding and all. */
  dataEnd(stream: number, flags: number, payload: number): void;
}

const NOTHING = Buffer.alloc(0);
const UNKNOWN = -1;

/**
 * Cuts the bytes of a connection into frames as they come. Hot: a frame that is here as a whole is told where it lies, and
 * bodies always are.
 */
export class FrameReader {
  readonly #events: FrameEvents;
  readonly #blocks: BlockJoiner;
  #hasSettings = false;
  /** A frame that came in part. */
  #part: Buffer = NOTHING;
  #partLength = 0;
  #isInData = false;
  #stream = 0;
  #flags = 0;
  #payload = 0;
  /** Of the DATA frame that is read: bytes that are still to come, and padding among them; UNKNOWN: the next byte tells. */
  #left = 0;
  #padding = 0;
  /** What was wrong with what came; null: nothing. With a fault nothing more is read. */
  fault: string | null = null;

  constructor(events: FrameEvents) {
    this.#events = events;
    this.#blocks = new BlockJoiner(events.block);
  }

  /** Reads bytes [0, length) of `bytes`; false: see {@link fault}. */
  read(bytes: Buffer, length: number): boolean {
    let at = 0;
    while (at < length && this.fault === null) {
      at = this.#isInData ? this.#readData(bytes, at, length) : this.#readFrame(bytes, at, length);
    }
    return this.fault === null;
  }

  #readFrame(bytes: Buffer, at: number, length: number): number {
    if (this.#partLength > 0 || length - at < FRAME_HEAD) return this.#collect(bytes, at, length);
    const payload = this.#payloadAt(bytes, at);
    if (bytes[at + 3] === TYPE.data) {
      this.#beginData(bytes, at, payload);
      return at + FRAME_HEAD;
    }
    const end = at + FRAME_HEAD + payload;
    if (end > length) return this.#collect(bytes, at, length);
    this.#tell(bytes, at, end);
    return end;
  }

  /** Keeps what came of a frame until all of it has. */
  #collect(bytes: Buffer, at: number, length: number): number {
    if (this.#part.length === 0) this.#part = Buffer.allocUnsafeSlow(FRAME_HEAD + FRAME_PAYLOAD);
    const wanted = this.#partLength < FRAME_HEAD ? FRAME_HEAD : FRAME_HEAD + this.#payloadAt(this.#part, 0);
    if (this.fault !== null) return length;
    const to = Math.min(length, at + wanted - this.#partLength);
    bytes.copy(this.#part, this.#partLength, at, to);
    this.#partLength += to - at;
    if (this.#partLength === FRAME_HEAD) this.#headIsHere();
    else if (this.#partLength === wanted) this.#wholeIsHere(wanted);
    return to;
  }

  #headIsHere(): void {
    const payload = this.#payloadAt(this.#part, 0);
    if (this.#part[3] === TYPE.data) {
      this.#partLength = 0;
      this.#beginData(this.#part, 0, payload);
    } else if (payload === 0) this.#wholeIsHere(FRAME_HEAD);
  }

  #wholeIsHere(length: number): void {
    this.#partLength = 0;
    this.#tell(this.#part, 0, length);
  }

  #tell(bytes: Buffer, at: number, end: number): void {
    if (this.fault !== null) return;
    const [type, flags, from] = [bytes[at + 3] as number, bytes[at + 4] as number, at + FRAME_HEAD];
    const stream = streamAt(bytes, at);
    this.#hasSettings ||= type === TYPE.settings;
    if (!this.#hasSettings) this.fault = 'found bytes that are not HTTP/2';
    else if (!isOfRightSize(type, end - from)) this.fault = `found a frame of type ${type} with ${end - from} bytes`;
    else if (type === TYPE.headers || type === TYPE.continuation || this.#blocks.isOpen)
      this.fault = this.#blocks.take(type, flags, stream, bytes, from, end) ?? this.fault;
    else this.#events.frame(type, flags, stream, bytes, from, end);
  }

  #payloadAt(bytes: Buffer, at: number): number {
    const payload = bytes.readUIntBE(at, 3);
    if (payload > FRAME_PAYLOAD)
      this.fault = this.#hasSettings ? `found a frame of ${payload} bytes` : 'found bytes that are not HTTP/2';
    return payload;
  }

  #beginData(bytes: Buffer, at: number, payload: number): void {
    if (!this.#hasSettings || this.#blocks.isOpen) this.fault ??= 'found a body where none can be';
    this.#isInData = true;
    this.#stream = streamAt(bytes, at);
    this.#flags = bytes[at + 4] as number;
    this.#payload = payload;
    this.#left = payload;
    this.#padding = (this.#flags & FLAG.padded) === 0 ? 0 : UNKNOWN;
    if (payload === 0) this.#endData();
  }

  #readData(bytes: Buffer, at: number, length: number): number {
    if (this.#padding === UNKNOWN) return this.#readPadding(bytes, at);
    const body = this.#left - this.#padding;
    const to = Math.min(length, at + (body > 0 ? body : this.#left));
    this.#left -= to - at;
    if (body > 0) this.#events.data(this.#stream, bytes, at, to);
    if (this.#left === 0) this.#endData();
    return to;
  }

  #readPadding(bytes: Buffer, at: number): number {
    this.#padding = bytes[at] as number;
    this.#left--;
    if (this.#padding > this.#left) this.fault = 'found a frame of more padding than bytes';
    else if (this.#left === 0) this.#endData();
    return at + 1;
  }

  #endData(): void {
    this.#isInData = false;
    this.#events.dataEnd(this.#stream, this.#flags, this.#payload);
  }
}

const streamAt = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at + STREAM_AT) & 0x7f_ff_ff_ff;
