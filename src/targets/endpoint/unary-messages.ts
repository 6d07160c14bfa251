import { RequestFailure } from '../target.ts';
import { PREFIX } from './grpc-frame.ts';

const NONE = new RequestFailure('target-error', 'no-message', 'answered OK without a message, expected one');
const NOT_ONE = new RequestFailure(
  'target-error',
  'protocol',
  'answered OK with something else than one whole message, expected one',
);

/** Whether what comes on each place is the one message of a unary answer, by its length. Hot: allocates nothing. */
export class UnaryMessages {
  /** Per place: bytes that came, and the length that the message says of itself. */
  readonly #received: Float64Array;
  readonly #length: Float64Array;

  constructor(places: number) {
    this.#received = new Float64Array(places);
    this.#length = new Float64Array(places);
  }

  /** A call begins on this place. */
  begin(place: number): void {
    this.#received[place] = 0;
    this.#length[place] = 0;
  }

  /** Bytes [from, to) of `bytes` came. */
  add(place: number, bytes: Buffer, from: number, to: number): void {
    let received = this.#received[place] as number;
    let at = from;
    for (; at < to && received < PREFIX; at++, received++) {
      if (received > 0) this.#length[place] = (this.#length[place] as number) * 256 + (bytes[at] as number);
    }
    this.#received[place] = received + to - at;
  }

  /** What is wrong with what came by the end of an answer that is OK; null: nothing. */
  failure(place: number): RequestFailure | null {
    const received = this.#received[place] as number;
    if (received === 0) return NONE;
    return received === PREFIX + (this.#length[place] as number) ? null : NOT_ONE;
  }
}
