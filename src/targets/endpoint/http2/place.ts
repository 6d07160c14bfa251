import type { ServiceParts } from '../../network-target.ts';
import type { RequestFailure } from '../../target.ts';
import type { AnswerEvents } from '../carrier.ts';
import { decodedMessage, statusOfHttp } from '../grpc-status.ts';
import type { FieldBlock } from './field-blocks.ts';
import type { Http2Line } from './line.ts';
import type { StreamRequest } from './request.ts';
import type { Http2Session } from './session.ts';
import { Http2Stream, type StreamEvents } from './stream.ts';
import { closedFailure, noStatusFailure } from './stream-failure.ts';

/** Where an answer's status stands: gRPC's in the trailers, or in the head of an answer without any. */
export type StatusIn = ':status' | 'grpc-status';

export interface Http2PlaceParts {
  readonly statusIn: StatusIn;
  readonly now: () => number;
  readonly events: AnswerEvents;
  readonly where: string;
}

const NO_STATUS = -1;
/** Of HTTP. */
const OK = 200;
const START = 0;
const FIRST = 1;

/** One place: a stream at a time. */
export class Http2Place implements StreamEvents {
  laid: StreamRequest | null = null;
  /** Of the answer that came last. */
  head: FieldBlock | null = null;
  readonly #parts: Http2PlaceParts;
  readonly #place: number;
  readonly #line: Http2Line;
  readonly #stream = new Http2Stream(this);
  readonly #times: ServiceParts = { connectNs: 0, firstByteNs: 0, serverNs: 0, firstEventAtNs: Number.NaN };
  /** Instants of the request in flight: start, first byte. */
  readonly #at = new Float64Array(2);
  #session: Http2Session | null = null;
  #status = NO_STATUS;
  #message: string | undefined;

  constructor(parts: Http2PlaceParts, place: number, line: Http2Line) {
    this.#parts = parts;
    this.#place = place;
    this.#line = line;
  }

  /** What the server said beside the status. */
  get message(): string {
    return decodedMessage(this.#message);
  }

  /** When the bytes that are told were read. */
  get readNs(): number {
    return this.#session?.readNs ?? 0;
  }

  /** When the request that was sent last was started. */
  get startNs(): number {
    return this.#at[START] as number;
  }

  start(): void {
    this.#at[START] = this.#parts.now();
    this.#at[FIRST] = 0;
    this.#status = NO_STATUS;
    this.#times.serverNs = 0;
    const session = this.#line.session();
    this.#session = session;
    session.begin(this.#stream, this.laid as StreamRequest);
  }

  cancel(): void {
    this.#session?.giveUp(this.#stream, this.startNs);
  }

  /** gRPC tells its status in the trailers, and a server that only then knows it its own time. */
  fields(block: FieldBlock): void {
    if (this.#at[FIRST] === 0) {
      this.#at[FIRST] = this.readNs;
      this.head = block;
    }
    if (block.serverNs > 0) this.#times.serverNs = block.serverNs;
    const status = this.#parts.statusIn === ':status' ? block.status : block.grpcStatus;
    if (status === NO_STATUS) return;
    this.#status = status;
    this.#message = block.fields.get('grpc-message');
  }

  body(bytes: Buffer, from: number, to: number): void {
    this.#parts.events.body(this.#place, bytes, from, to);
  }

  ended(): void {
    const { where, events } = this.#parts;
    if (this.#status === NO_STATUS) this.#takeStatusOfHttp();
    if (this.#status !== NO_STATUS) events.answered(this.#place, this.readNs, this.#status, this.#measured());
    else this.broken(this.#at[FIRST] === 0 ? closedFailure(where, 'stream') : noStatusFailure(where));
  }

  broken(failure: RequestFailure): void {
    this.#parts.events.failed(this.#place, this.readNs, failure, this.#measured());
  }

  /** What stands before a gRPC server (a proxy, a balancer) answers for it without a status of gRPC. */
  #takeStatusOfHttp(): void {
    const status = this.#at[FIRST] === 0 ? NO_STATUS : (this.head?.status ?? NO_STATUS);
    if (status === NO_STATUS || status === OK) return;
    this.#status = statusOfHttp(status);
    this.#message = `HTTP ${status} and no gRPC status`;
  }

  #measured(): ServiceParts {
    const startNs = this.#at[START] as number;
    const connectedNs = this.#session?.connectedNs ?? 0;
    const sentNs = Number.isFinite(connectedNs) ? Math.max(startNs, connectedNs, this.#stream.heldUntilNs) : startNs;
    this.#times.connectNs = sentNs - startNs;
    this.#times.firstByteNs = Math.max(0, (this.#at[FIRST] as number) - sentNs);
    return this.#times;
  }
}
