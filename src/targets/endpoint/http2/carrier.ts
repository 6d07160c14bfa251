import { NS_PER_MS } from '../../../time/ns.ts';
import { type AnswerEvents, type Carrier, type Exchange, OPEN_MS } from '../carrier.ts';
import type { Dial } from '../http1-connection.ts';
import { type PreparedRequest, ReadyRequests } from '../prepared-request.ts';
import { exchange } from './exchange.ts';
import { Http2Line } from './line.ts';
import { Http2Place, type StatusIn } from './place.ts';
import { type CommonFields, RequestEncoder, type StreamRequest } from './request.ts';

/** Read by all connections of a thread in turn. */
const READ_BYTES = 65_536;
const OPENED_AT_ONCE = 64;

export interface Http2CarrierParts {
  readonly connections: number;
  /** Requests that each may have in flight. */
  readonly streams: number;
  readonly dial: Dial;
  readonly common: CommonFields;
  readonly statusIn: StatusIn;
  readonly now: () => number;
  readonly events: AnswerEvents;
  readonly where: string;
}

/** HTTP/2: `connections` x `streams` places. An answer that is given up costs its stream and not the connection. */
export class Http2Carrier implements Carrier {
  readonly #parts: Http2CarrierParts;
  readonly #encoder: RequestEncoder;
  readonly #lines: readonly Http2Line[];
  readonly #places: readonly Http2Place[];
  #ready: ReadyRequests<StreamRequest> | null = null;

  constructor(parts: Http2CarrierParts) {
    this.#parts = parts;
    this.#encoder = new RequestEncoder(parts.common);
    const memory = Buffer.allocUnsafeSlow(READ_BYTES);
    this.#lines = Array.from({ length: parts.connections }, () => new Http2Line({ ...parts, memory }));
    this.#places = Array.from(
      { length: parts.connections * parts.streams },
      (_, place) => new Http2Place(parts, place, this.#lines[Math.floor(place / parts.streams)] as Http2Line),
    );
  }

  async open(): Promise<void> {
    for (let from = 0; from < this.#lines.length; from += OPENED_AT_ONCE) {
      await Promise.all(this.#lines.slice(from, from + OPENED_AT_ONCE).map((line) => line.open(OPEN_MS)));
    }
  }

  async exchange(request: PreparedRequest, withinMs: number): Promise<Exchange> {
    const [line] = this.#lines as readonly [Http2Line, ...Http2Line[]];
    const since = this.#parts.now();
    await line.open(withinMs);
    const leftMs = Math.max(1, withinMs - Math.floor((this.#parts.now() - since) / NS_PER_MS));
    return exchange(line.session(), this.#encoder.encode(request), { ...this.#parts, withinMs: leftMs });
  }

  feed(request: (index: number) => PreparedRequest, count: number): void {
    this.#encoder.learn([request(0), request(count - 1)]);
    this.#ready = new ReadyRequests(request, count, (prepared) => this.#encoder.encode(prepared));
  }

  prepare(place: number, sample: number): void {
    this.#at(place).laid = (this.#ready as ReadyRequests<StreamRequest>).of(sample);
  }

  start(place: number): void {
    this.#at(place).start();
  }

  cancel(place: number): void {
    this.#at(place).cancel();
  }

  readNs(place: number): number {
    return this.#at(place).readNs;
  }

  header(place: number, name: string): string | undefined {
    return this.#at(place).head?.fields.get(name);
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }

  /** What the server said beside the status of the answer that came last there. */
  messageOf(place: number): string {
    return this.#at(place).message;
  }

  /** When the request that was sent last there was started. */
  startNs(place: number): number {
    return this.#at(place).startNs;
  }

  #at(place: number): Http2Place {
    return this.#places[place] as Http2Place;
  }
}
