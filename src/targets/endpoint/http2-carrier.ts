import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import type { ServiceParts } from '../network-target.ts';
import { RequestFailure } from '../target.ts';
import { type AnswerEvents, type Carrier, type Exchange, NoAnswer } from './carrier.ts';
import { connectionFailure } from './connection-fault.ts';
import { decodedMessage } from './grpc-status.ts';
import { bodyBytes, type PreparedRequest, ReadyRequests } from './prepared-request.ts';
import { serverTimeNs } from './response-parser.ts';

/** Room for answers on the way, bytes: of a stream and of a connection. */
const STREAM_WINDOW = 2 ** 20;
const CONNECTION_WINDOW = 16 * 2 ** 20;
const OPENED_AT_ONCE = 64;

/** Where an answer's status stands: gRPC's in the trailers, or in the head of an answer without any. */
export type StatusIn = ':status' | 'grpc-status';

export interface Http2CarrierParts {
  readonly connections: number;
  readonly streams: number;
  /** `http://127.0.0.1:8001` */
  readonly authority: string;
  readonly options: SecureClientSessionOptions;
  readonly headers: readonly (readonly [string, string])[];
  readonly statusIn: StatusIn;
  readonly now: () => number;
  readonly events: AnswerEvents;
  readonly where: string;
}

/** A request as HTTP/2 sends it. */
interface ReadyStream {
  readonly headers: OutgoingHttpHeaders;
  /** Null: the head is all. */
  readonly body: Buffer | null;
}

/** HTTP/2: `connections` x `streams` places. An answer that is given up costs its stream and not the connection. */
export class Http2Carrier implements Carrier {
  readonly #parts: Http2CarrierParts;
  readonly #lines: readonly Line[];
  readonly #places: readonly StreamPlace[];
  #ready: ReadyRequests<ReadyStream> | null = null;

  constructor(parts: Http2CarrierParts) {
    this.#parts = parts;
    this.#lines = Array.from({ length: parts.connections }, () => new Line(parts));
    this.#places = Array.from(
      { length: parts.connections * parts.streams },
      (_, place) => new StreamPlace(parts, place, this.#lines[Math.floor(place / parts.streams)] as Line),
    );
  }

  async open(): Promise<void> {
    for (let from = 0; from < this.#lines.length; from += OPENED_AT_ONCE) {
      await Promise.all(this.#lines.slice(from, from + OPENED_AT_ONCE).map((line) => line.open()));
    }
  }

  async exchange(request: PreparedRequest, withinMs: number): Promise<Exchange> {
    const [line] = this.#lines as readonly [Line, ...Line[]];
    await line.open();
    const { headers, body } = this.#encode(request);
    const stream = line.session().request(headers);
    const { promise, resolve, reject } = Promise.withResolvers<Exchange>();
    const heads: IncomingHttpHeaders[] = [];
    const chunks: Buffer[] = [];
    stream.on('response', (head) => heads.push(head));
    stream.on('trailers', (head) => heads.push(head));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', (error) => reject(connectionFailure(line.reason(error), this.#parts.where)));
    stream.on('close', () => {
      const all: IncomingHttpHeaders = Object.assign({}, ...heads);
      if (heads.length === 0)
        reject(
          new RequestFailure(
            'target-error',
            'closed',
            `${this.#parts.where} closed the connection before it had answered`,
          ),
        );
      const header = (name: string): string | undefined => all[name]?.toString();
      resolve({ status: Number(all[this.#parts.statusIn] ?? -1), header, body: Buffer.concat(chunks) });
    });
    const timer = setTimeout(() => {
      stream.close(constants.NGHTTP2_CANCEL);
      reject(new NoAnswer(this.#parts.where, withinMs));
    }, withinMs);
    stream.end(body ?? undefined);
    return promise.finally(() => clearTimeout(timer));
  }

  feed(request: (index: number) => PreparedRequest, count: number): void {
    this.#ready = new ReadyRequests(request, count, (prepared) => this.#encode(prepared));
  }

  prepare(place: number, sample: number): void {
    this.#at(place).laid = (this.#ready as ReadyRequests<ReadyStream>).of(sample);
  }

  start(place: number): void {
    this.#at(place).start();
  }

  cancel(place: number): void {
    this.#at(place).cancel();
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }

  /** What the server said beside the status of the answer that came last there. */
  messageOf(place: number): string {
    return this.#at(place).message;
  }

  #at(place: number): StreamPlace {
    return this.#places[place] as StreamPlace;
  }

  #encode(request: PreparedRequest): ReadyStream {
    const length = bodyBytes(request);
    const own = Object.fromEntries([...this.#parts.headers, ...request.headers]);
    const headers = { ':method': request.method, ':path': request.path, ...own };
    return { headers, body: length === 0 ? null : Buffer.concat(request.body) };
  }
}

/** One connection, opened again by the request that finds it closed. */
class Line {
  readonly #parts: Http2CarrierParts;
  #session: ClientHttp2Session | null = null;
  #error: unknown = null;
  /** When the connection of now was open. */
  connectedNs = Number.NEGATIVE_INFINITY;

  constructor(parts: Http2CarrierParts) {
    this.#parts = parts;
  }

  async open(): Promise<void> {
    const session = this.session();
    if (!session.connecting) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    session.once('remoteSettings', ({ maxConcurrentStreams = Number.POSITIVE_INFINITY }) => {
      const { streams, where } = this.#parts;
      if (streams <= maxConcurrentStreams) resolve();
      else
        reject(
          new Error(
            `${where}: allows ${maxConcurrentStreams} streams on a connection, found ${streams}; expected streams: ${maxConcurrentStreams} and more connections`,
          ),
        );
    });
    session.once('error', reject);
    session.once('close', () =>
      reject(new Error(`${this.#parts.where}: closed the connection, expected a server that speaks HTTP/2`)),
    );
    await promise;
  }

  session(): ClientHttp2Session {
    const known = this.#session;
    if (known !== null && !known.closed && !known.destroyed) return known;
    const { authority, options, now } = this.#parts;
    const session = connect(authority, {
      ...options,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    });
    this.#session = session;
    this.#error = null;
    this.connectedNs = Number.POSITIVE_INFINITY;
    session.on('connect', () => {
      this.connectedNs = now();
      session.setLocalWindowSize(CONNECTION_WINDOW);
    });
    session.on('error', (error) => {
      this.#error = error;
    });
    session.on('goaway', () => {
      if (this.#session === session) this.#session = null;
      session.close();
    });
    return session;
  }

  /** Why a stream broke: what broke its connection, where that did. */
  reason(error: unknown): unknown {
    const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
    return code === 'ERR_HTTP2_STREAM_CANCEL' ? (cause ?? this.#error ?? error) : error;
  }

  close(): void {
    this.#session?.destroy();
    this.#session = null;
  }
}

/** One place: a stream at a time. Its listeners are made once; those of a stream that was given up are taken off it. */
class StreamPlace {
  laid: ReadyStream = { headers: {}, body: null };
  message = '';
  readonly #parts: Http2CarrierParts;
  readonly #place: number;
  readonly #line: Line;
  readonly #times: ServiceParts = { connectNs: 0, firstByteNs: 0, serverNs: 0 };
  #stream: ClientHttp2Stream | null = null;
  #status = -1;
  #startNs = 0;
  #firstNs = 0;

  constructor(parts: Http2CarrierParts, place: number, line: Line) {
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
    this.#times.serverNs = serverTimeNs(head['server-timing']?.toString());
    this.#look(head);
  };

  readonly #data = (chunk: Buffer): void => {
    this.#parts.events.body(this.#place, chunk, 0, chunk.length);
  };

  readonly #trailers = (head: IncomingHttpHeaders): void => {
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
