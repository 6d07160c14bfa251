// Small HTTP servers that do as a test says, on loopback.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';

export interface Canned {
  readonly port: number;
  readonly url: string;
  /** Connections that were opened so far. */
  readonly connections: () => number;
  readonly close: () => Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

interface Server {
  listen(port: number, host: string): unknown;
  address(): AddressInfo | string | null;
  close(done: () => void): unknown;
  on(event: 'connection', seen: (socket: Socket) => void): unknown;
}

async function canned(server: Server, port: number, scheme: string): Promise<Canned> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket) => {
    count++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.listen(port, '127.0.0.1');
  await once(server as never, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `${scheme}://127.0.0.1:${bound}`,
    connections: () => count,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Answers as `listener` says. */
export const cannedHttp = (listener: Listener, port = 0): Promise<Canned> => {
  const server = createServer({ keepAlive: true, noDelay: true }, listener);
  server.keepAliveTimeout = 60_000;
  return canned(server, port, 'http');
};

/** The same over HTTP/2, for clients that know it beforehand. */
export const cannedHttp2 = (
  listener: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Promise<Canned> => canned(createHttp2Server({}, listener), 0, 'http');

/** Answers with bytes as they are: what no HTTP library would send. */
export const cannedBytes = (serve: (socket: Socket) => void, port = 0): Promise<Canned> =>
  canned(createSocketServer({ noDelay: true }, serve), port, 'http');

/** Answers every request with 200, those that come within [at, at + for) of the first counted one when that is over. */
export function stalling(atMs: number, forMs: number): Listener & { begin: () => void } {
  let zero = Number.POSITIVE_INFINITY;
  const listener: Listener = (request, response) => {
    request.resume();
    const since = performance.now() - zero;
    const holds = since >= atMs && since < atMs + forMs;
    if (holds) setTimeout(() => response.end('ok'), atMs + forMs - since);
    else response.end('ok');
  };
  return Object.assign(listener, {
    begin: () => {
      zero = performance.now();
    },
  });
}
