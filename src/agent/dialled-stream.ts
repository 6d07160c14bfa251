import type { Client, ClientDuplexStream } from '@grpc/grpc-js';

/** Least time between two attempts to open the same stream: a server that accepts and drops is not hammered. */
const REDIAL_MS = 200;

export interface StreamListener<Response> {
  /** A stream is open. What is written next goes over it. */
  onOpen(): void;
  onResponse(response: Response): void;
  /** The stream is gone, whatever ended it; another one is on its way. Told once per stream. */
  onDetached(why: string): void;
  /** The stream takes more after a `write` that returned false. */
  onDrain(): void;
}

/**
 * One bidirectional stream to the coordinator that is opened again whenever it breaks, until it is closed.
 * The channel finds its way back by itself; a stream is opened only on a channel that is ready.
 */
export class DialledStream<Request, Response> {
  readonly #channel: Client;
  readonly #open: () => ClientDuplexStream<Request, Response>;
  readonly #listener: StreamListener<Response>;
  #stream: ClientDuplexStream<Request, Response> | null = null;
  #closed = false;
  #redial: NodeJS.Timeout | null = null;

  constructor(channel: Client, open: () => ClientDuplexStream<Request, Response>, listener: StreamListener<Response>) {
    this.#channel = channel;
    this.#open = open;
    this.#listener = listener;
    this.#dial();
  }

  /** False: what was written waits for `onDrain`, and no more should be written before; also while there is no stream. */
  write(request: Request): boolean {
    return this.#stream?.write(request) ?? false;
  }

  get attached(): boolean {
    return this.#stream !== null;
  }

  /** Ends the stream in order; resolves once the other end has ended it too, or after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    if (this.#redial !== null) clearTimeout(this.#redial);
    const stream = this.#stream;
    this.#stream = null;
    if (stream === null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        stream.cancel();
        resolve();
      }, graceMs);
      stream.once('status', () => {
        clearTimeout(timer);
        resolve();
      });
      stream.end();
    });
  }

  #dial(): void {
    this.#channel.waitForReady(Number.POSITIVE_INFINITY, (error) => {
      if (this.#closed) return;
      if (error) this.#dialAgain();
      else this.#attach(this.#open());
    });
  }

  #dialAgain(): void {
    this.#redial = setTimeout(() => this.#dial(), REDIAL_MS);
  }

  #attach(stream: ClientDuplexStream<Request, Response>): void {
    this.#stream = stream;
    let attached = true;
    const detach = (why: string): void => {
      if (!attached) return;
      attached = false;
      if (this.#stream === stream) this.#stream = null;
      if (this.#closed) return;
      this.#listener.onDetached(why);
      this.#dialAgain();
    };
    stream.on('data', (response: Response) => {
      if (attached) this.#listener.onResponse(response);
    });
    stream.on('drain', () => {
      if (attached) this.#listener.onDrain();
    });
    stream.on('error', (error: Error & { readonly details?: string }) => detach(error.details ?? error.message));
    stream.on('end', () => detach('the coordinator ended the stream'));
    stream.on('close', () => detach('the stream was closed'));
    this.#listener.onOpen();
  }
}
