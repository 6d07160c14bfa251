import { DEFAULT_WINDOW, windowUpdateFrame } from './frame.ts';
import type { Output } from './output.ts';
import type { Http2Stream } from './stream.ts';

/** Room for answers on the way, bytes: of a stream and of a connection. */
export const STREAM_ROOM = 2 ** 20;
const CONNECTION_ROOM = 16 * 2 ** 20;

/** What a connection says of its room when it begins. */
export const FIRST_ROOM: Buffer = windowUpdateFrame(0, CONNECTION_ROOM - DEFAULT_WINDOW);

/** Gives the server of a connection new room for bodies, whenever half of it was used. */
export class Room {
  readonly #output: Output;
  #used = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** So many bytes were read. */
  use(bytes: number): void {
    this.#used += bytes;
    if (this.#used <= CONNECTION_ROOM / 2) return;
    this.#output.add(windowUpdateFrame(0, this.#used));
    this.#used = 0;
  }

  /** They belong to a stream on which more is to come. */
  useOf(stream: Http2Stream, bytes: number): void {
    stream.used += bytes;
    if (stream.used <= STREAM_ROOM / 2) return;
    this.#output.add(windowUpdateFrame(stream.id, stream.used));
    stream.used = 0;
  }
}
