import { type ClientHttp2Session, connect, type SecureClientSessionOptions } from 'node:http2';

/** Room for answers on the way, bytes: of a stream and of a connection. */
const STREAM_WINDOW = 2 ** 20;
const CONNECTION_WINDOW = 16 * 2 ** 20;

export interface Http2LineParts {
  /** `http://127.0.0.1:8001` */
  readonly authority: string;
  readonly options: SecureClientSessionOptions;
  /** In flight on it at a time. */
  readonly streams: number;
  readonly now: () => number;
  readonly where: string;
}

/** One connection, opened again by the request that finds it closed. */
export class Http2Line {
  readonly #parts: Http2LineParts;
  #session: ClientHttp2Session | null = null;
  #error: unknown = null;
  /** When the connection of now was open. */
  connectedNs = Number.NEGATIVE_INFINITY;

  constructor(parts: Http2LineParts) {
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
