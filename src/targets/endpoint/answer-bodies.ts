import { RequestFailure } from '../target.ts';
import { EndpointRefused } from './connection-fault.ts';

/** Longest answer that is read whole, bytes: outputs of a model may be large, and an endpoint may send without end. */
export const LARGEST_ANSWER = 256 * 2 ** 20;

export const OVERLONG = new RequestFailure(
  'wrong-output',
  'too-long',
  `found an answer of more than ${LARGEST_ANSWER} bytes, which is not looked at`,
);

/** The same before the load. */
export const overlongRefusal = (where: string): EndpointRefused => new EndpointRefused(`${where}: ${OVERLONG.message}`);

/** The bodies of the answers that are on their way, by place. */
export class AnswerBodies {
  readonly #most: number;
  readonly #chunks: Buffer[][] = [];
  readonly #bytes: number[] = [];

  /** @param most bytes of a body that are kept; what comes after them is forgotten. One more than may be tells that there were more. */
  constructor(most = LARGEST_ANSWER + 1) {
    this.#most = most;
  }

  /** Bytes [from, to) of `bytes`, which are only there during the call. */
  add(place: number, bytes: Buffer, from: number, to: number): void {
    const kept = this.#bytes[place] ?? 0;
    const more = Math.min(to - from, this.#most - kept);
    if (more <= 0) return;
    this.#bytes[place] = kept + more;
    this.#chunks[place] ??= [];
    this.#chunks[place].push(Buffer.from(bytes.subarray(from, from + more)));
  }

  /** What came; the next answer on this place begins anew. */
  take(place: number): Buffer {
    const chunks = this.#chunks[place] ?? [];
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    this.drop(place);
    return body;
  }

  drop(place: number): void {
    if ((this.#bytes[place] ?? 0) === 0) return;
    this.#bytes[place] = 0;
    this.#chunks[place] = [];
  }
}
