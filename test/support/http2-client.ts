// A client of HTTP/2 whose answers can be waited for, and servers for it on loopback.
import { once } from 'node:events';
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { dialer } from '../../src/targets/endpoint/dial.ts';
import { Http2Carrier } from '../../src/targets/endpoint/http2/carrier.ts';
import type { StatusIn } from '../../src/targets/endpoint/http2/place.ts';
import type { PreparedRequest } from '../../src/targets/endpoint/prepared-request.ts';

export type Listener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface Served {
  readonly port: number;
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
}

export async function served(listener: Listener, options: ServerOptions = {}): Promise<Served> {
  const server = createServer(options);
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    listener(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, sessions };
}

/** What became of the request on a place. */
export interface Answer {
  readonly status: number;
  readonly code: string;
  readonly body: string;
}

/** A carrier whose answers can be waited for, one after the other on each place. */
export class Client {
  readonly carrier: Http2Carrier;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #bodies = new Map<number, Buffer[]>();

  constructor(
    port: number,
    { connections = 1, streams = 4, statusIn = ':status' as StatusIn, now = () => performance.now() * 1e6 } = {},
  ) {
    const where = `http://127.0.0.1:${port}`;
    const tell = (place: number, status: number, code: string): void => {
      const body = Buffer.concat(this.#bodies.get(place) ?? []).toString('latin1');
      this.#bodies.delete(place);
      this.#waiting.get(place)?.({ status, code, body });
    };
    this.carrier = new Http2Carrier({
      connections,
      streams,
      dial: dialer({ host: '127.0.0.1', port }, null, 'h2'),
      common: { scheme: 'http', authority: `127.0.0.1:${port}`, headers: [['user-agent', 'loadcell']] },
      statusIn,
      now,
      events: {
        body: (place, bytes, from, to) => {
          const chunks = this.#bodies.get(place) ?? [];
          this.#bodies.set(place, [...chunks, Buffer.from(bytes.subarray(from, to))]);
        },
        answered: (place, _, status) => tell(place, status, ''),
        failed: (place, _, failure) => tell(place, -1, `${failure.outcome} ${failure.code}: ${failure.message}`),
      },
      where,
    });
    onTestFinished(() => this.carrier.close());
  }

  feed(...requests: readonly PreparedRequest[]): this {
    this.carrier.feed((index) => requests[index] as PreparedRequest, requests.length);
    return this;
  }

  ask(place: number, sample = 0): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(place, resolve);
    this.carrier.prepare(place, sample);
    this.carrier.start(place);
    return promise;
  }
}

export const request = (changes: Partial<PreparedRequest> = {}): PreparedRequest => ({
  method: 'POST',
  path: '/echo',
  headers: [['x-team', 'vision']],
  body: [],
  ...changes,
});

export const echo: Listener = (stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

export const ok = (body = ''): Answer => ({ status: 200, code: '', body });
export const letters = (bytes: number): string => 'abcdefghijklmnopqrstuvw'.repeat(1 + bytes / 23).slice(0, bytes);
export const bodyOf = (text: string): readonly Uint8Array[] => [Buffer.from(text)];

/** A server that does with its sockets as a test says. */
export async function listening(serve: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server = createSocketServer((socket) => {
    sockets.push(socket);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
