import type { RequestFailure } from '../../target.ts';
import type { FieldBlock } from './field-blocks.ts';

/** What becomes of a request; it ends with exactly one of `ended` and `broken`, unless it is given up. */
export interface StreamEvents {
  /** The head of the answer, its trailers after that. */
  fields(block: FieldBlock): void;
  /** Bytes [from, to) belong to the body; they are only there during the call. */
  body(bytes: Buffer, from: number, to: number): void;
  /** The answer is complete. */
  ended(): void;
  broken(failure: RequestFailure): void;
}

/** A stream as far as its connection keeps account of it; used again for the next request. */
export class Http2Stream {
  readonly events: StreamEvents;
  id = 0;
  hasHead = false;
  /** Its answer has no body. */
  isHead = false;
  /** Bytes that its head promises of the body; -1: it does not say. */
  promised = -1;
  /** Bytes of the body that came. */
  received = 0;
  /** Bytes of our room that the server used and was not given anew. */
  used = 0;
  /** Bytes that the server has room for. */
  window = 0;
  /** What is still to be sent. */
  body: Buffer | null = null;
  sent = 0;
  /** The frame of fields that ends the stream after its body; null: the body does. */
  trailer: Buffer | null = null;
  /** When it was sent, where that was later than it was begun; 0: at once. */
  heldUntilNs = 0;

  constructor(events: StreamEvents) {
    this.events = events;
  }

  begin(id: number, window: number): void {
    this.id = id;
    this.window = window;
    this.isHead = false;
    this.hasHead = false;
    this.promised = -1;
    this.received = 0;
    this.used = 0;
    this.body = null;
    this.sent = 0;
    this.trailer = null;
    this.heldUntilNs = 0;
  }

  /** Bytes [from, to) of the body came. */
  take(bytes: Buffer, from: number, to: number): void {
    this.received += to - from;
    this.events.body(bytes, from, to);
  }
}
