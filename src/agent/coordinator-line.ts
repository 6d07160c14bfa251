import { Worker } from 'node:worker_threads';
import { compileCacheEnvironment } from '../wire/compile-cache.ts';
import type { FromLine, ToLine } from './line-words.ts';
import { entryFile } from './runner/entry-file.ts';

export interface LineListener {
  onMessage(message: Exclude<FromLine, { readonly kind: 'closed' }>): void;
  /** The thread broke: a fault of the program. */
  onError(error: unknown): void;
}

/** How much longer than its streams the thread may take to close. */
const CLOSE_MS = 500;

/** The streams to the coordinator as the agent's main thread sees them: a thread that loads as soon as this is made. */
export class CoordinatorLine {
  readonly #thread = new Worker(entryFile('line-thread', import.meta.url), {
    env: { ...process.env, ...compileCacheEnvironment() },
  });
  readonly #closed = Promise.withResolvers<void>();
  #listener: LineListener | null = null;
  /** Before anybody listened. */
  #earlyError: { readonly error: unknown } | null = null;

  constructor() {
    this.#thread.on('message', (message: FromLine) => {
      if (message.kind === 'closed') this.#closed.resolve();
      else this.#listener?.onMessage(message);
    });
    this.#thread.on('error', (error) => {
      this.#closed.resolve();
      if (this.#listener === null) this.#earlyError = { error };
      else this.#listener.onError(error);
    });
  }

  /** From now on everything that the thread tells is told here. */
  listen(listener: LineListener): void {
    this.#listener = listener;
    if (this.#earlyError !== null) listener.onError(this.#earlyError.error);
  }

  tell(message: Exclude<ToLine, { readonly kind: 'close' }>): void {
    this.#thread.postMessage(message);
  }

  /** Ends both streams in order, saying bye where `byeSeq` is told; resolves when they are over, or after `graceMs` and a little. */
  async close(byeSeq: number | null, graceMs: number): Promise<void> {
    this.#listener = null;
    const timer = setTimeout(() => this.#closed.resolve(), graceMs + CLOSE_MS);
    this.#thread.postMessage({ kind: 'close', byeSeq, graceMs } satisfies ToLine);
    await this.#closed.promise;
    clearTimeout(timer);
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    await this.#thread.terminate();
  }
}
