import type { ServerDuplexStream } from '@grpc/grpc-js';

/**
 * Writes to one stream and obeys `write()` returning false: what comes meanwhile waits here in order and goes out with
 * the stream's `drain`. After the stream is gone, writing does nothing.
 */
export class PacedWriter<Response> {
  readonly #call: ServerDuplexStream<unknown, Response>;
  readonly #waiting: Response[] = [];
  #state: 'open' | 'blocked' | 'gone' = 'open';

  constructor(call: ServerDuplexStream<unknown, Response>) {
    this.#call = call;
    call.on('drain', () => {
      if (this.#state === 'blocked') this.#state = 'open';
      this.#flush();
    });
  }

  write(response: Response): void {
    if (this.#state === 'gone') return;
    this.#waiting.push(response);
    this.#flush();
  }

  /** Ends the stream after what was written; nothing more goes out. */
  end(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    for (const response of this.#waiting.splice(0)) this.#call.write(response);
    this.#call.end();
  }

  /** The other end is gone. */
  drop(): void {
    this.#state = 'gone';
    this.#waiting.length = 0;
  }

  #flush(): void {
    while (this.#state === 'open') {
      const response = this.#waiting.shift();
      if (response === undefined) return;
      if (!this.#call.write(response)) this.#state = 'blocked';
    }
  }
}

/** Calls back once when the other end is gone, however: half-closed, failed, cancelled or closed. */
export function onDetached(call: ServerDuplexStream<unknown, unknown>, detached: () => void): void {
  let attached = true;
  const once = (): void => {
    if (!attached) return;
    attached = false;
    detached();
  };
  call.on('end', once).on('error', once).on('cancelled', once).on('close', once);
}
