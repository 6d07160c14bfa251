import { serverTimeNs } from '../response-parser.ts';
import { HpackDecoder, HpackError } from './hpack-decoder.ts';

/** The fields of a head, or of trailers. */
export interface FieldBlock {
  /** By names in lower case; of a name that comes twice its values, joined. */
  readonly fields: ReadonlyMap<string, string>;
  /** -1: it does not say. */
  readonly status: number;
  readonly grpcStatus: number;
  /** Bytes of the body, as `content-length` has them; -1: it does not say. */
  readonly length: number;
  /** The server's own time where `Server-Timing` tells it, else 0; nanoseconds. */
  readonly serverNs: number;
}

interface Seen {
  readonly bytes: Buffer;
  readonly block: FieldBlock;
  /** Of the table, before and after: the same bytes say the same only by the same table. */
  readonly revision: number;
}

/**
 * The blocks of fields of one connection. Hot: one whose bytes are those of the block before of its kind, by an unchanged
 * table, is recognised and not read.
 */
export class FieldBlocks {
  readonly #decoder = new HpackDecoder();
  #head: Seen | null = null;
  #trailers: Seen | null = null;

  /** The block in bytes [from, to); a text: what was found that should not be. */
  read(bytes: Buffer, from: number, to: number, isTrailers: boolean): FieldBlock | string {
    const seen = isTrailers ? this.#trailers : this.#head;
    if (
      seen !== null &&
      seen.revision === this.#decoder.revision &&
      seen.bytes.length === to - from &&
      seen.bytes.compare(bytes, from, to) === 0
    )
      return seen.block;
    try {
      return this.#decode(bytes, from, to, isTrailers);
    } catch (error) {
      if (error instanceof HpackError) return error.message;
      throw error;
    }
  }

  #decode(bytes: Buffer, from: number, to: number, isTrailers: boolean): FieldBlock {
    const { revision } = this.#decoder;
    const block = blockOf(this.#decoder.decode(bytes, from, to));
    if (revision !== this.#decoder.revision) return block;
    const seen = { bytes: Buffer.from(bytes.subarray(from, to)), block, revision };
    if (isTrailers) this.#trailers = seen;
    else this.#head = seen;
    return block;
  }
}

function blockOf(all: readonly (readonly [string, string])[]): FieldBlock {
  const fields = new Map<string, string>();
  for (const [name, value] of all) {
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return {
    fields,
    status: numberOf(fields.get(':status')),
    grpcStatus: numberOf(fields.get('grpc-status')),
    length: numberOf(fields.get('content-length'), 15),
    serverNs: serverTimeNs(fields.get('server-timing')),
  };
}

const numberOf = (text: string | undefined, mostDigits = 9): number =>
  text !== undefined && text.length <= mostDigits && /^\d+$/u.test(text) ? Number(text) : -1;
