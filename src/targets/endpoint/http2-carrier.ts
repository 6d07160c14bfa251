import { constants, type IncomingHttpHeaders } from 'node:http2';
import { RequestFailure } from '../target.ts';
import { type Carrier, type Exchange, NoAnswer } from './carrier.ts';
import { connectionFailure } from './connection-fault.ts';
import { Http2Line, type Http2LineParts } from './http2-line.ts';
import { Http2Place, type Http2PlaceParts, type ReadyStream } from './http2-place.ts';
import { bodyBytes, type PreparedRequest, ReadyRequests } from './prepared-request.ts';

const OPENED_AT_ONCE = 64;

export interface Http2CarrierParts extends Http2LineParts, Http2PlaceParts {
  readonly connections: number;
  readonly headers: readonly (readonly [string, string])[];
}

/** HTTP/2: `connections` x `streams` places. An answer that is given up costs its stream and not the connection. */
export class Http2Carrier implements Carrier {
  readonly #parts: Http2CarrierParts;
  readonly #lines: readonly Http2Line[];
  readonly #places: readonly Http2Place[];
  #ready: ReadyRequests<ReadyStream> | null = null;

  constructor(parts: Http2CarrierParts) {
    this.#parts = parts;
    this.#lines = Array.from({ length: parts.connections }, () => new Http2Line(parts));
    this.#places = Array.from(
      { length: parts.connections * parts.streams },
      (_, place) => new Http2Place(parts, place, this.#lines[Math.floor(place / parts.streams)] as Http2Line),
    );
  }

  async open(): Promise<void> {
    for (let from = 0; from < this.#lines.length; from += OPENED_AT_ONCE) {
      await Promise.all(this.#lines.slice(from, from + OPENED_AT_ONCE).map((line) => line.open()));
    }
  }

  async exchange(request: PreparedRequest, withinMs: number): Promise<Exchange> {
    const [line] = this.#lines as readonly [Http2Line, ...Http2Line[]];
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

  readNs(): number {
    return this.#parts.now();
  }

  header(place: number, name: string): string | undefined {
    return this.#at(place).head[name]?.toString();
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }

  /** What the server said beside the status of the answer that came last there. */
  messageOf(place: number): string {
    return this.#at(place).message;
  }

  #at(place: number): Http2Place {
    return this.#places[place] as Http2Place;
  }

  #encode(request: PreparedRequest): ReadyStream {
    const length = bodyBytes(request);
    const own = Object.fromEntries([...this.#parts.headers, ...request.headers]);
    const headers = { ':method': request.method, ':path': request.path, ...own };
    return { headers, body: length === 0 ? null : Buffer.concat(request.body) };
  }
}
