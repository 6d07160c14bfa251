import { readSync } from 'node:fs';

const WINDOW_BYTES = 64 * 1024;

/** The bytes ended before a value did, or are none that protocol buffers know. */
export class WireDamage extends Error {
  readonly kind: 'ends-early' | 'malformed';

  constructor(kind: 'ends-early' | 'malformed') {
    super(kind);
    this.name = 'WireDamage';
    this.kind = kind;
  }
}

/** A stretch of a file: its first byte and the one after its last. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/** A field of a protocol buffers message as it stands in a file. */
export interface WireField {
  readonly number: number;
  /** Tag, length and contents. */
  readonly whole: Extent;
  /** Contents alone. */
  readonly contents: Extent;
}

/** Wire types of the protocol buffers encoding; groups (3 and 4) have long been abandoned. */
const WIRE = { varint: 0, bits64: 1, lengthDelimited: 2, bits32: 5 } as const;

/**
 * Walks the fields of protocol buffers messages in an open file and reads only what it is asked for, so that a model of
 * gigabytes costs the memory of one window.
 */
export class FileWindow {
  readonly #descriptor: number;
  readonly #size: number;
  readonly #buffer = new Uint8Array(WINDOW_BYTES);
  #start = 0;
  #length = 0;

  constructor(descriptor: number, size: number) {
    this.#descriptor = descriptor;
    this.#size = size;
  }

  /** The fields of the message that fills `message`, in file order. @throws WireDamage */
  *fields(message: Extent): Generator<WireField> {
    let at = message.from;
    while (at < message.to) {
      const field = this.#field(at, message.to);
      yield field;
      at = field.whole.to;
    }
  }

  /** A copy of the bytes of `extent`. @throws WireDamage `ends-early` */
  read(extent: Extent): Uint8Array {
    const bytes = new Uint8Array(extent.to - extent.from);
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.#byte(extent.from + i);
    return bytes;
  }

  #field(at: number, limit: number): WireField {
    const tag = this.#varint(at, limit);
    const number = Math.floor(tag.value / 8);
    if (number === 0) throw new WireDamage('malformed');
    const contents = this.#contents(tag.value % 8, tag.next, limit);
    if (contents.to > limit) throw new WireDamage(contents.to > this.#size ? 'ends-early' : 'malformed');
    return { number, whole: { from: at, to: contents.to }, contents };
  }

  #contents(wireType: number, at: number, limit: number): Extent {
    switch (wireType) {
      case WIRE.varint:
        return { from: at, to: this.#varint(at, limit).next };
      case WIRE.bits64:
        return { from: at, to: at + 8 };
      case WIRE.bits32:
        return { from: at, to: at + 4 };
      case WIRE.lengthDelimited: {
        const length = this.#varint(at, limit);
        return { from: length.next, to: length.next + length.value };
      }
      default:
        throw new WireDamage('malformed');
    }
  }

  #varint(from: number, limit: number): { readonly value: number; readonly next: number } {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      if (from + i >= limit) throw new WireDamage(limit === this.#size ? 'ends-early' : 'malformed');
      const byte = this.#byte(from + i);
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, next: from + i + 1 };
    }
    throw new WireDamage('malformed');
  }

  #byte(at: number): number {
    if (at < this.#start || at >= this.#start + this.#length) {
      this.#start = at;
      this.#length = readSync(this.#descriptor, this.#buffer, 0, WINDOW_BYTES, at);
      if (this.#length === 0) throw new WireDamage('ends-early');
    }
    return this.#buffer[at - this.#start] as number;
  }
}
