/**
 * One HTTP/1.1 connection: kept open, opened again by the request that finds it closed, one request at a time. Hot: of its
 * own it allocates nothing for a request on an open connection whose answer's head is the one before.
 */

import type { Socket } from 'node:net';
import { RequestFailure } from '../target.ts';
import { NoAnswer } from './carrier.ts';
import { connectionFailure } from './connection-fault.ts';
import { type ResponseEvents, type ResponseHead, ResponseParser } from './response-parser.ts';

/** Reads into `into` and calls `read` with the number of bytes; one memory for all connections of a thread. */
export interface SocketReads {
  readonly buffer: Buffer;
  readonly callback: (bytes: number, buffer: Buffer) => boolean;
}

/** Makes a socket that is connecting, or securing itself; `ready`: the event that says it can be written to. */
export type Dial = (reads: SocketReads) => { readonly socket: Socket; readonly ready: 'connect' | 'secureConnect' };

/** What a connection tells; each request ends with exactly one of `answered` and `failed`, unless it was cancelled. */
export interface ConnectionEvents {
  body(connection: number, bytes: Buffer, from: number, to: number): void;
  answered(connection: number, head: ResponseHead): void;
  failed(connection: number, failure: RequestFailure): void;
}

export interface Http1Parts {
  readonly dial: Dial;
  readonly now: () => number;
  readonly events: ConnectionEvents;
  readonly memory: Buffer;
  readonly reuse: 'always' | 'never';
  /** `http://127.0.0.1:8000`, for sentences. */
  readonly where: string;
}

/** What is sent for one request, in this order. */
export type RequestBytes = readonly Uint8Array[];

const CLOSED = 0;
const OPENING = 1;
const OPEN = 2;

export class Http1Connection implements ResponseEvents {
  readonly #parts: Http1Parts;
  readonly #index: number;
  readonly #parser = new ResponseParser(this);
  #socket: Socket | null = null;
  #state = CLOSED;
  /** What is to be sent once the connection is open; null: nothing is in flight. */
  #request: RequestBytes | null = null;
  #method = 'GET';
  #isAwaiting = false;
  /** Instants of the request in flight, and of the read that is looked at: start, sent, first byte, read. */
  readonly #at = new Float64Array(4);
  #opening: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | null = null;

  constructor(parts: Http1Parts, index: number) {
    this.#parts = parts;
    this.#index = index;
  }

  /** When the last read began that a byte of the answer came with. */
  get readNs(): number {
    return this.#at[READ] as number;
  }

  /** How long the request before had to wait for its connection. */
  get connectNs(): number {
    return (this.#at[SENT] as number) - (this.#at[START] as number);
  }

  get firstByteNs(): number {
    return (this.#at[FIRST] as number) - (this.#at[SENT] as number);
  }

  get isOpen(): boolean {
    return this.#state === OPEN;
  }

  /** Opens the connection, where it is not open. @throws NoAnswer, or what broke it */
  open(withinMs: number): Promise<void> {
    if (this.#state === OPEN) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#opening = { resolve, reject };
    if (this.#state === CLOSED) this.#connect();
    const timer = setTimeout(() => {
      this.#opening = null;
      this.#drop();
      reject(new NoAnswer(this.#parts.where, withinMs));
    }, withinMs).unref();
    return promise.finally(() => clearTimeout(timer));
  }

  /** Sends a request. Only when none is in flight. */
  start(method: string, request: RequestBytes): void {
    const now = this.#parts.now();
    this.#at[START] = now;
    this.#at[SENT] = now;
    this.#at[FIRST] = 0;
    this.#method = method;
    this.#isAwaiting = true;
    if (this.#state === OPEN) this.#send(request);
    else {
      this.#request = request;
      if (this.#state === CLOSED) this.#connect();
    }
  }

  /** Gives the request in flight up, and its connection with it. */
  cancel(): void {
    this.#isAwaiting = false;
    this.#request = null;
    this.#drop();
  }

  close(): void {
    this.cancel();
  }

  body(bytes: Buffer, from: number, to: number): void {
    this.#parts.events.body(this.#index, bytes, from, to);
  }

  end(head: ResponseHead): void {
    if (!this.#parser.keepsAlive || this.#parts.reuse === 'never') this.#drop();
    this.#isAwaiting = false;
    this.#parts.events.answered(this.#index, head);
  }

  #send(request: RequestBytes): void {
    const socket = this.#socket as Socket;
    this.#request = null;
    this.#parser.expect(this.#method);
    const [only] = request;
    if (request.length === 1 && only !== undefined) {
      socket.write(only);
      return;
    }
    socket.cork();
    for (const part of request) socket.write(part);
    socket.uncork();
  }

  #connect(): void {
    this.#state = OPENING;
    const { memory } = this.#parts;
    const { socket, ready } = this.#parts.dial({ buffer: memory, callback: (bytes) => this.#read(socket, bytes) });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.once(ready, () => this.#opened(socket));
    socket.on('error', (error) => this.#lost(socket, error));
    socket.on('end', () => this.#ended(socket));
    socket.on('close', () => this.#lost(socket, null));
  }

  #opened(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#state = OPEN;
    this.#opening?.resolve();
    this.#opening = null;
    if (this.#request === null) return;
    this.#at[SENT] = this.#parts.now();
    this.#send(this.#request);
  }

  #read(socket: Socket, bytes: number): boolean {
    if (socket !== this.#socket) return true;
    const now = this.#parts.now();
    this.#at[READ] = now;
    if (this.#at[FIRST] === 0) this.#at[FIRST] = now;
    if (this.#parser.read(this.#parts.memory, bytes)) return true;
    const message = `${this.#parts.where}: ${this.#parser.fault ?? ''}, expected an HTTP/1.1 response`;
    this.#drop();
    this.#fail(new RequestFailure('target-error', 'protocol', message));
    return true;
  }

  /** The server sends nothing more: that may be how an answer ends. */
  #ended(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#at[READ] = this.#parts.now();
    if (!this.#parser.close()) this.#lost(socket, null);
  }

  /** The connection is gone; whatever was in flight on it fails. */
  #lost(socket: Socket, error: unknown): void {
    if (socket !== this.#socket) return;
    const { where } = this.#parts;
    this.#drop();
    this.#opening?.reject(error ?? new Error(`${where} closed the connection`));
    this.#opening = null;
    this.#at[READ] = this.#parts.now();
    if (error !== null) this.#fail(connectionFailure(error, where));
    else
      this.#fail(new RequestFailure('target-error', 'closed', `${where} closed the connection before it had answered`));
  }

  #fail(failure: RequestFailure): void {
    if (!this.#isAwaiting) return;
    this.#isAwaiting = false;
    this.#request = null;
    this.#parts.events.failed(this.#index, failure);
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#state = CLOSED;
    this.#parser.reset();
    socket?.destroy();
  }
}

const START = 0;
const SENT = 1;
const FIRST = 2;
const READ = 3;
