import type { ServiceParts } from '../network-target.ts';
import type { RequestFailure } from '../target.ts';
import { AnswerBodies, LARGEST_ANSWER, overlongRefusal } from './answer-bodies.ts';
import { type AnswerEvents, type Carrier, type Exchange, NoAnswer, OPEN_MS } from './carrier.ts';
import { type ConnectionEvents, type Dial, Http1Connection, type RequestBytes } from './http1-connection.ts';
import { type Http1Common, http1Bytes } from './http1-request.ts';
import { type PreparedRequest, ReadyRequests } from './prepared-request.ts';
import { headerIn, type ResponseHead } from './response-parser.ts';

/** Read by all connections of a thread in turn. */
const READ_BYTES = 65_536;
const OPENED_AT_ONCE = 64;

export interface Http1CarrierParts {
  readonly connections: number;
  readonly dial: Dial;
  readonly now: () => number;
  readonly events: AnswerEvents;
  readonly common: Http1Common;
  readonly where: string;
}

interface Pending {
  readonly bodies: AnswerBodies;
  readonly resolve: (exchange: Exchange) => void;
  readonly reject: (error: unknown) => void;
}

/** HTTP/1.1: a place is a connection. */
export class Http1Carrier implements Carrier, ConnectionEvents {
  readonly #parts: Http1CarrierParts;
  readonly #connections: readonly Http1Connection[];
  readonly #laid: RequestBytes[];
  #ready: ReadyRequests<RequestBytes> | null = null;
  #method = 'GET';
  /** What is asked before the load, on the first connection. */
  #pending: Pending | null = null;
  /** Head of the answer that is told now, or was last. */
  #told: ResponseHead | null = null;
  readonly #times: ServiceParts = { connectNs: 0, firstByteNs: 0, serverNs: 0, firstEventAtNs: Number.NaN };

  constructor(parts: Http1CarrierParts) {
    const { dial, now, where, common } = parts;
    const memory = Buffer.allocUnsafeSlow(READ_BYTES);
    const shared = { dial, now, events: this, memory, reuse: common.reuse, where };
    this.#parts = parts;
    this.#connections = Array.from({ length: parts.connections }, (_, index) => new Http1Connection(shared, index));
    this.#laid = Array.from({ length: parts.connections }, () => []);
  }

  async open(): Promise<void> {
    if (this.#parts.common.reuse === 'never') return;
    for (let from = 0; from < this.#connections.length; from += OPENED_AT_ONCE) {
      await Promise.all(
        this.#connections.slice(from, from + OPENED_AT_ONCE).map((connection) => connection.open(OPEN_MS)),
      );
    }
  }

  async exchange(request: PreparedRequest, withinMs: number): Promise<Exchange> {
    const { promise, resolve, reject } = Promise.withResolvers<Exchange>();
    const [first] = this.#connections as [Http1Connection];
    this.#pending = { bodies: new AnswerBodies(), resolve, reject };
    const timer = setTimeout(() => {
      first.cancel();
      reject(new NoAnswer(this.#parts.where, withinMs));
    }, withinMs);
    first.start(request.method, http1Bytes(request, this.#parts.common));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#pending = null;
    }
  }

  feed(request: (index: number) => PreparedRequest, count: number): void {
    this.#method = request(0).method;
    this.#ready = new ReadyRequests(request, count, (prepared) => http1Bytes(prepared, this.#parts.common));
  }

  prepare(place: number, sample: number): void {
    this.#laid[place] = (this.#ready as ReadyRequests<RequestBytes>).of(sample);
  }

  start(place: number): void {
    this.#at(place).start(this.#method, this.#laid[place] as RequestBytes);
  }

  cancel(place: number): void {
    this.#at(place).cancel();
  }

  readNs(place: number): number {
    return this.#at(place).readNs;
  }

  header(_: number, name: string): string | undefined {
    return this.#told === null ? undefined : headerIn(this.#told, name);
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  body(place: number, bytes: Buffer, from: number, to: number): void {
    if (this.#pending === null) this.#parts.events.body(place, bytes, from, to);
    else this.#pending.bodies.add(place, bytes, from, to);
  }

  answered(place: number, head: ResponseHead): void {
    const connection = this.#at(place);
    if (this.#pending !== null) {
      const body = this.#pending.bodies.take(place);
      if (body.byteLength > LARGEST_ANSWER) this.#pending.reject(overlongRefusal(this.#parts.where));
      else this.#pending.resolve({ status: head.status, header: (name) => headerIn(head, name), body });
      return;
    }
    this.#told = head;
    this.#parts.events.answered(place, connection.readNs, head.status, this.#timesOf(connection, head.serverNs));
  }

  failed(place: number, failure: RequestFailure): void {
    const connection = this.#at(place);
    if (this.#pending !== null) this.#pending.reject(failure);
    else this.#parts.events.failed(place, connection.readNs, failure, this.#timesOf(connection, 0));
  }

  #at(place: number): Http1Connection {
    return this.#connections[place] as Http1Connection;
  }

  #timesOf(connection: Http1Connection, serverNs: number): ServiceParts {
    this.#times.connectNs = connection.connectNs;
    this.#times.firstByteNs = Math.max(0, connection.firstByteNs);
    this.#times.serverNs = serverNs;
    return this.#times;
  }
}
