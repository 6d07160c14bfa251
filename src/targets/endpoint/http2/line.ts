import { NoAnswer } from '../carrier.ts';
import { Http2Session, type Http2SessionParts } from './session.ts';

export interface Http2LineParts extends Http2SessionParts {
  /** In flight on it at a time. */
  readonly streams: number;
}

/** One connection, opened again by the request that finds it closed. */
export class Http2Line {
  readonly #parts: Http2LineParts;
  #session: Http2Session | null = null;

  constructor(parts: Http2LineParts) {
    this.#parts = parts;
  }

  /** Opens the connection, where it is not open. @throws NoAnswer, RequestFailure */
  async open(withinMs: number): Promise<void> {
    const { streams, where } = this.#parts;
    const session = this.session();
    const timer = setTimeout(() => session.close(new NoAnswer(where, withinMs)), withinMs);
    const most = await session.opened.finally(() => clearTimeout(timer));
    if (streams <= most) return;
    throw new Error(
      `${where}: allows ${most} streams on a connection, found ${streams}; expected streams: ${most} and more connections`,
    );
  }

  session(): Http2Session {
    if (this.#session?.isUsable !== true) this.#session = new Http2Session(this.#parts);
    return this.#session;
  }

  close(): void {
    this.#session?.close();
    this.#session = null;
  }
}
