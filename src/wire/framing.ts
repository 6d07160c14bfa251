/**
 * Framing of append-only files: `[u32 LE length][u32 LE CRC-32 of the payload][payload]`, record after record.
 * The checksum is that of zlib and PNG (ISO 3309). A record is never empty, so a run of zeros is no record.
 */
import { crc32 } from 'node:zlib';

const HEADER_BYTES = 8;

/** No record is larger, so that a damaged length is seen at once. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

/** What is wrong with framed bytes, and where the first record that is not whole begins. */
export interface FrameFault {
  /**
   * `torn`: the bytes end inside a record, or in zeros, as after a crash while appending; all before is whole.
   * `corrupt`: they were changed after they were written.
   */
  readonly kind: 'torn' | 'corrupt';
  readonly offset: number;
  readonly message: string;
}

/** A record as it stands in a file. */
export function frame(payload: Uint8Array): Uint8Array {
  if (payload.length === 0 || payload.length > MAX_RECORD_BYTES) {
    throw new Error(`record: found ${payload.length} bytes, expected 1 to ${MAX_RECORD_BYTES}`);
  }
  const framed = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  const header = new DataView(framed.buffer, framed.byteOffset, HEADER_BYTES);
  header.setUint32(0, payload.length, true);
  header.setUint32(4, crc32(payload), true);
  framed.set(payload, HEADER_BYTES);
  return framed;
}

/**
 * Reads framed bytes that come in pieces of any size and holds no more than one unfinished record.
 * After a fault it yields nothing more.
 */
export class FrameReader {
  #pending: Uint8Array = new Uint8Array(0);
  /** Offset in the file of the first pending byte. */
  #offset = 0;
  #fault: FrameFault | null = null;

  /** The records that are complete with this piece; each is valid until the piece it came from is reused. */
  *push(piece: Uint8Array): Generator<Uint8Array> {
    this.#pending = this.#pending.length === 0 ? piece : joined(this.#pending, piece);
    let at = 0;
    while (this.#fault === null && this.#pending.length - at >= HEADER_BYTES) {
      const header = new DataView(this.#pending.buffer, this.#pending.byteOffset + at, HEADER_BYTES);
      const length = header.getUint32(0, true);
      if (length === 0) break;
      if (length > MAX_RECORD_BYTES) {
        this.#fault = corrupt(
          this.#offset + at,
          `its length reads ${length} bytes, at most ${MAX_RECORD_BYTES} can be`,
        );
        break;
      }
      const from = at + HEADER_BYTES;
      if (this.#pending.length < from + length) break;
      const payload = this.#pending.subarray(from, from + length);
      if (crc32(payload) !== header.getUint32(4, true)) {
        this.#fault = corrupt(this.#offset + at, `the checksum of its ${length} bytes does not match`);
        break;
      }
      at = from + length;
      yield payload;
    }
    this.#pending = this.#pending.slice(at);
    this.#offset += at;
  }

  /** What ended the reading before the bytes did; null: nothing has. */
  get fault(): FrameFault | null {
    return this.#fault;
  }

  /** Call after the last piece: null when the bytes ended with a whole record. */
  finish(): FrameFault | null {
    if (this.#fault !== null || this.#pending.length === 0) return this.#fault;
    const zeroHeader = this.#pending.subarray(0, HEADER_BYTES).every((byte) => byte === 0);
    if (zeroHeader && this.#pending.some((byte) => byte !== 0)) {
      return corrupt(this.#offset, 'its length reads 0 bytes, at least 1 must be');
    }
    const message = `torn at byte ${this.#offset}: ${this.#pending.length} bytes of an unfinished record follow`;
    return { kind: 'torn', offset: this.#offset, message };
  }
}

/** The records of bytes held in memory, with the fault that ends them. */
export function readFrames(bytes: Uint8Array): { readonly records: Uint8Array[]; readonly fault: FrameFault | null } {
  const reader = new FrameReader();
  const records = [...reader.push(bytes)];
  return { records, fault: reader.finish() };
}

const corrupt = (offset: number, why: string): FrameFault => ({
  kind: 'corrupt',
  offset,
  message: `corrupt at byte ${offset}: the record there is damaged, ${why}`,
});

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
