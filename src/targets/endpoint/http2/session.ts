/**
 * One connection of HTTP/2 (RFC 9113) as a client that sends requests and reads answers, many at a time. Hot: of an answer
 * whose heads are those of the answer before, it allocates nothing of its own; what one read brings is told as read at one
 * instant, and what is begun meanwhile goes out in one piece. Watched by `bench/grpc-rate.ts`.
 */

import type { Socket } from 'node:net';
import type { RequestFailure } from '../../target.ts';
import { connectionFailure } from '../connection-fault.ts';
import type { Dial } from '../http1-connection.ts';
import { headFault, isInterim, isOverlong, lengthFault } from './answer-head.ts';
import { Bodies } from './bodies.ts';
import { type FieldBlock, FieldBlocks } from './field-blocks.ts';
import { FLAG, LARGEST_WINDOW, LAST_STREAM, pingAckFrame, RESET, resetFrame, SETTINGS_ACK, TYPE } from './frame.ts';
import { type FrameEvents, FrameReader } from './frame-reader.ts';
import { HELLO } from './hello.ts';
import { Output } from './output.ts';
import { MORE_ROOM, PeerSettings } from './peer-settings.ts';
import type { StreamRequest } from './request.ts';
import { RequestSender } from './request-sender.ts';
import { Room } from './room.ts';
import type { Http2Stream } from './stream.ts';
import { closedFailure, protocolFailure, reasonToLeave, refusedFailure, resetFailure } from './stream-failure.ts';

export interface Http2SessionParts {
  readonly dial: Dial;
  readonly now: () => number;
  /** Read into by all connections of a thread in turn. */
  readonly memory: Buffer;
  /** `http://127.0.0.1:8001`, for sentences. */
  readonly where: string;
}

const OPENING = 0;
const OPEN = 1;
const CLOSED = 2;
const CONNECTED = 0;
const READ = 1;

/** Shortest silence after which a connection may be dead. */
const DEAD_AFTER_NS = 1e9;

export class Http2Session implements FrameEvents {
  readonly #parts: Http2SessionParts;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  readonly #fields = new FieldBlocks();
  readonly #output: Output;
  readonly #bodies: Bodies;
  readonly #room: Room;
  readonly #peer: PeerSettings;
  readonly #sender: RequestSender;
  readonly #streams = new Map<number, Http2Stream>();
  /** Begun before there was a connection, or while the server allowed no further stream; in the order of their numbers. */
  readonly #unsent = new Map<Http2Stream, StreamRequest>();
  /** When the connection was open, and when the last read began, at first the dialling. */
  readonly #at = new Float64Array([Number.POSITIVE_INFINITY, 0]);
  readonly #opened = Promise.withResolvers<number>();
  #state = OPENING;
  #isReading = false;
  #isLeaving = false;
  /** What the server said when it left; null: it did not. */
  #farewell: string | null = null;
  #nextStream = 1;

  constructor(parts: Http2SessionParts) {
    this.#parts = parts;
    const { socket, ready } = parts.dial({ buffer: parts.memory, callback: (bytes) => this.#read(bytes) });
    this.#socket = socket;
    this.#output = new Output(socket);
    this.#bodies = new Bodies(this.#output);
    this.#peer = new PeerSettings(this.#bodies);
    this.#sender = new RequestSender(this.#output, this.#bodies, this.#peer);
    this.#room = new Room(this.#output);
    this.#reader = new FrameReader(this);
    this.#at[READ] = parts.now();
    // Whoever does not wait for it hears of its end by the requests that meet it.
    this.#opened.promise.catch(() => {});
    socket.setNoDelay(true);
    socket.once(ready, () => this.#connected());
    socket.on('error', (error) => this.#lose(connectionFailure(error, parts.where)));
    socket.on('end', () => this.#lose(this.#ended()));
    socket.on('close', () => this.#lose(this.#ended()));
  }

  /** The streams that the server allows, once it has said so. */
  get opened(): Promise<number> {
    return this.#opened.promise;
  }

  /** Infinity: not yet. */
  get connectedNs(): number {
    return this.#at[CONNECTED] as number;
  }

  get readNs(): number {
    return this.#at[READ] as number;
  }

  /** Whether requests can be begun on it. */
  get isUsable(): boolean {
    return this.#state !== CLOSED && !this.#isLeaving;
  }

  /** Sends a request, as soon as there is a connection and the server allows one more. Only while {@link isUsable}. */
  begin(stream: Http2Stream, request: StreamRequest): void {
    stream.begin(this.#nextStream, this.#bodies.streamWindow);
    stream.isHead = request.isHead;
    this.#nextStream += 2;
    // Whoever has said all numbers leaves, as a server does.
    if (this.#nextStream > LAST_STREAM) this.#isLeaving = true;
    this.#streams.set(stream.id, stream);
    if (this.#state === OPENING || this.#unsent.size > 0 || this.#streams.size > this.#peer.mostStreams) {
      this.#unsent.set(stream, request);
    } else this.#sender.send(stream, request);
    this.#flush();
  }

  /**
   * Nothing more is told of the stream, which was begun at `sinceNs`. When nothing at all came since, packets may be lost on
   * the way: no further request is begun here, and those in flight are left to what comes of them.
   */
  giveUp(stream: Http2Stream, sinceNs: number): void {
    if (this.#streams.get(stream.id) !== stream) return;
    if (!this.#unsent.has(stream)) this.#output.add(resetFrame(stream.id, RESET.cancel));
    this.#remove(stream);
    if (this.readNs <= sinceNs && this.#parts.now() - this.readNs > DEAD_AFTER_NS) this.#isLeaving = true;
    if (this.#state === OPENING && this.#isLeaving && this.#streams.size === 0) this.close();
    this.#flush();
  }

  /** `why`: for whoever waits until it is open. */
  close(why: Error = this.#ended()): void {
    this.#state = CLOSED;
    this.#streams.clear();
    this.#unsent.clear();
    this.#opened.reject(why);
    this.#socket.destroy();
  }

  frame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    if (type === TYPE.reset) this.#wasReset(id, bytes.readUInt32BE(from));
    else if (type === TYPE.settings) this.#settings(flags, bytes, from, to);
    else if (type === TYPE.ping && (flags & FLAG.ack) === 0) this.#output.add(pingAckFrame(bytes.subarray(from, to)));
    else if (type === TYPE.goAway) this.#leave(bytes, from, to);
    else if (type === TYPE.windowUpdate) this.#widen(id, bytes.readUInt32BE(from) & LARGEST_WINDOW);
    else if (type === TYPE.pushPromise) this.#fault('a push, which was not allowed');
  }

  /** Those of a stream that was given up are read too: they may change the table. */
  readonly block = (flags: number, id: number, bytes: Buffer, from: number, to: number): void => {
    const stream = this.#streams.get(id);
    const block = this.#fields.read(bytes, from, to, stream?.hasHead ?? false);
    if (typeof block === 'string') this.#fault(block);
    else if (stream !== undefined && !isInterim(block, flags)) this.#take(stream, block, flags);
  };

  data(id: number, bytes: Buffer, from: number, to: number): void {
    this.#streams.get(id)?.take(bytes, from, to);
  }

  dataEnd(id: number, flags: number, payload: number): void {
    this.#room.use(payload);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if ((flags & FLAG.endStream) !== 0 || isOverlong(stream)) this.#finish(stream);
    else this.#room.useOf(stream, payload);
  }

  /** Sends what waited, as far as the server allows. */
  #sendHeld(): void {
    for (const [stream, request] of this.#unsent) {
      if (this.#streams.size - this.#unsent.size >= this.#peer.mostStreams) return;
      this.#unsent.delete(stream);
      stream.heldUntilNs = this.#parts.now();
      this.#sender.send(stream, request);
    }
  }

  /** While a read is looked at, its end does so. */
  #flush(): void {
    if (this.#isReading || this.#state !== OPEN) return;
    if (this.#unsent.size > 0) this.#sendHeld();
    this.#output.flush();
    // A connection that takes no more requests is of no use once those in flight on it are over.
    if (this.#isLeaving && this.#streams.size === 0) this.close();
  }

  #connected(): void {
    if (this.#state !== OPENING) return;
    const { alpnProtocol } = this.#socket as { readonly alpnProtocol?: string | false };
    if (alpnProtocol !== undefined && alpnProtocol !== 'h2') {
      this.#lose(protocolFailure(this.#parts.where, 'secured the connection for another protocol'));
      return;
    }
    this.#state = OPEN;
    this.#at[CONNECTED] = this.#parts.now();
    this.#output.add(HELLO);
    this.#flush();
  }

  #read(bytes: number): boolean {
    if (this.#state === CLOSED) return true;
    this.#at[READ] = this.#parts.now();
    this.#isReading = true;
    const isSound = this.#reader.read(this.#parts.memory, bytes);
    this.#isReading = false;
    if (!isSound) this.#lose(protocolFailure(this.#parts.where, this.#reader.fault ?? ''));
    else this.#flush();
    return true;
  }

  #take(stream: Http2Stream, block: FieldBlock, flags: number): void {
    const fault = stream.hasHead ? null : headFault(stream, block);
    if (fault !== null) this.#refuse(stream, fault);
    else {
      stream.events.fields(block);
      if ((flags & FLAG.endStream) !== 0) this.#finish(stream);
    }
  }

  #finish(stream: Http2Stream): void {
    const fault = lengthFault(stream);
    if (fault !== null) this.#refuse(stream, fault);
    else {
      if (this.#remove(stream)) this.#output.add(resetFrame(stream.id, RESET.cancel));
      stream.events.ended();
    }
  }

  /** Its answer is none of the protocol; that of others may be. */
  #refuse(stream: Http2Stream, found: string): void {
    this.#output.add(resetFrame(stream.id, RESET.protocol));
    this.#break(stream, protocolFailure(this.#parts.where, found));
  }

  #wasReset(id: number, code: number): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.#break(stream, resetFailure(code, this.#parts.where));
  }

  #settings(flags: number, bytes: Buffer, from: number, to: number): void {
    if ((flags & FLAG.ack) !== 0) return;
    const fault = this.#peer.take(bytes, from, to, this.#streams.values());
    if (fault !== null) this.#fault(fault);
    this.#output.add(SETTINGS_ACK);
    this.#opened.resolve(this.#peer.mostStreams);
  }

  #widen(id: number, bytes: number): void {
    const stream = this.#streams.get(id) ?? null;
    if (id !== 0 && stream === null) return;
    if (!this.#bodies.widen(stream, bytes)) this.#fault(MORE_ROOM);
  }

  /** The server takes no more requests, and answers those up to the last one that it names. */
  #leave(bytes: Buffer, from: number, to: number): void {
    const last = bytes.readUInt32BE(from) & LAST_STREAM;
    this.#isLeaving = true;
    this.#farewell = reasonToLeave(bytes.readUInt32BE(from + 4), bytes.subarray(from + 8, to));
    const failure = refusedFailure(this.#parts.where, this.#farewell);
    for (const stream of [...this.#streams.values()]) {
      if (stream.id > last || this.#unsent.has(stream)) this.#break(stream, failure);
    }
  }

  #break(stream: Http2Stream, failure: RequestFailure): void {
    this.#remove(stream);
    stream.events.broken(failure);
  }

  /** Whether something of its request was still to be sent. */
  #remove(stream: Http2Stream): boolean {
    this.#streams.delete(stream.id);
    if (this.#unsent.size > 0) this.#unsent.delete(stream);
    return this.#bodies.drop(stream);
  }

  #fault(what: string): void {
    this.#reader.fault ??= `found ${what}`;
  }

  #ended(): RequestFailure {
    return closedFailure(this.#parts.where, 'connection', this.#farewell);
  }

  /** The connection is gone; whatever was in flight on it fails. */
  #lose(failure: RequestFailure): void {
    if (this.#state === CLOSED) return;
    const streams = [...this.#streams.values()];
    this.close(failure);
    this.#at[READ] = this.#parts.now();
    for (const stream of streams) stream.events.broken(failure);
  }
}
