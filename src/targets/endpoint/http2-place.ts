import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import type { ServiceParts } from '../network-target.ts';
import { RequestFailure } from '../target.ts';
import type { AnswerEvents } from './carrier.ts';
import { connectionFailure } from './connection-fault.ts';
import { decodedMessage } from './grpc-status.ts';
import type { Http2Line } from './http2-line.ts';
import { serverTimeNs } from './response-parser.ts';

/** Where an answer's status stands: gRPC's in the trailers, or in the head of an answer without any. */
export type StatusIn = ':status' | 'grpc-status';

export interface Http2PlaceParts {
  readonly statusIn: StatusIn;
  readonly now: () => number;
  readonly events: AnswerEvents;
  readonly where: string;
}

/** A request as HTTP/2 sends it. */
export interface ReadyStream {
  readonly headers: OutgoingHttpHeaders;
  /** Null: the head is all. */
  readonly body: Buffer | null;
}

/** One place: a stream at a time. Its listeners are made once; those of a stream that was given up are taken off it. */
export class Http2Place {
  laid: ReadyStream = { headers: {}, body: null };
  message = '';
  /** Of the answer that came last. */
  head: IncomingHttpHeaders = {};
  readonly #parts: Http2PlaceParts;
  readonly #place: number;
  readonly #line: Http2Line;
  readonly #times: ServiceParts = { connectNs: 0, firstByteNs: 0, serverNs: 0, firstEventAtNs: Number.NaN };
  #stream: ClientHttp2Stream | null = null;
  #status = -1;
  #startNs = 0;
  #firstNs = 0;

  constructor(parts: Http2PlaceParts, place: number, line: Http2Line) {
    this.#parts = parts;
    this.#place = place;
    this.#line = line;
  }

  start(): void {
    this.#startNs = this.#parts.now();
    this.#firstNs = 0;
    this.#status = -1;
    this.message = '';
    const { headers, body } = this.laid;
    let stream: ClientHttp2Stream;
    try {
      stream = this.#line.session().request(headers);
    } catch (error) {
      queueMicrotask(() => this.#failed(error));
      return;
    }
    this.#stream = stream;
    stream.on('response', this.#response);
    stream.on('data', this.#data);
    stream.on('trailers', this.#trailers);
    if (this.#parts.statusIn === ':status') stream.on('end', this.#done);
    stream.on('error', this.#failed);
    stream.on('close', this.#closed);
    if (body === null) stream.end();
    else stream.end(body);
  }

  cancel(): void {
    const stream = this.#detach();
    stream?.close(constants.NGHTTP2_CANCEL);
  }

  /** Nothing more is heard of the stream. */
  #detach(): ClientHttp2Stream | null {
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null) return null;
    stream.removeListener('response', this.#response);
    stream.removeListener('data', this.#data);
    stream.removeListener('trailers', this.#trailers);
    stream.removeListener('end', this.#done);
    stream.removeListener('error', this.#failed);
    stream.removeListener('close', this.#closed);
    stream.on('error', ignored);
    stream.resume();
    return stream;
  }

  readonly #response = (head: IncomingHttpHeaders): void => {
    this.#firstNs = this.#parts.now();
    this.head = head;
    this.#times.serverNs = serverTimeNs(head['server-timing']?.toString());
    this.#look(head);
  };

  readonly #data = (chunk: Buffer): void => {
    this.#parts.events.body(this.#place, chunk, 0, chunk.length);
  };

  /** Where gRPC tells its status, and a server that only then knows it its own time. */
  readonly #trailers = (head: IncomingHttpHeaders): void => {
    const timing = head['server-timing'];
    if (timing !== undefined) this.#times.serverNs = serverTimeNs(timing.toString());
    this.#look(head);
    if (this.#status >= 0) this.#done();
  };

  #look(head: IncomingHttpHeaders): void {
    const status = head[this.#parts.statusIn];
    if (status === undefined) return;
    this.#status = Number(status);
    this.message = decodedMessage(head['grpc-message']?.toString());
  }

  readonly #done = (): void => {
    // A body that the server broke off ends too, as far as its reader is told.
    if (this.#parts.statusIn === ':status' && this.#stream?.rstCode !== constants.NGHTTP2_NO_ERROR) {
      this.#failed(null);
      return;
    }
    const readNs = this.#parts.now();
    this.#detach();
    this.#parts.events.answered(this.#place, readNs, this.#status, this.#measured());
  };

  readonly #closed = (): void => {
    if (this.#status >= 0) this.#done();
    else this.#failed(null);
  };

  readonly #failed = (error: unknown): void => {
    const { where, events, now } = this.#parts;
    const stream = this.#detach();
    if (error !== null && stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM) {
      const refused = new RequestFailure('rejected', 'refused-stream', `${where} refused the stream`);
      events.failed(this.#place, now(), refused, this.#measured());
      return;
    }
    const failure =
      error === null
        ? new RequestFailure('target-error', 'closed', `${where} closed the stream before it had answered`)
        : connectionFailure(this.#line.reason(error), where);
    events.failed(this.#place, now(), failure, this.#measured());
  };

  #measured(): ServiceParts {
    const { connectedNs } = this.#line;
    const sentNs = Number.isFinite(connectedNs) ? Math.max(this.#startNs, connectedNs) : this.#startNs;
    this.#times.connectNs = sentNs - this.#startNs;
    this.#times.firstByteNs = Math.max(0, this.#firstNs - sentNs);
    return this.#times;
  }
}

const ignored = (): void => {};
