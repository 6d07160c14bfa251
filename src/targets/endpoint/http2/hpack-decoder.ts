import { type Field, fieldBytes, STATIC_TABLE, TABLE_BYTES } from './field-table.ts';
import { huffmanText } from './huffman.ts';

/** Bytes of all fields of a block: a few bytes may name a long field many times. */
const MOST_BYTES = 262_144;
const LONGEST_NUMBER = 2 ** 28;

/** A block of fields that is not what HPACK allows. */
export class HpackError extends Error {}

/** Reads the blocks of fields of one connection, in their order (RFC 7541). */
export class HpackDecoder {
  /** The newest last. */
  readonly #table: Field[] = [];
  #bytes = 0;
  #limit = TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;
  /** Rises whenever the table changes: a block that changed nothing says the same as long as nothing else has. */
  revision = 0;

  /** The fields in bytes [from, to) of `block`. @throws HpackError */
  decode(block: Buffer, from: number, to: number): readonly Field[] {
    this.#block = block;
    this.#at = from;
    this.#to = to;
    const fields: Field[] = [];
    let bytes = 0;
    while (this.#at < to) {
      const field = this.#next(fields.length === 0);
      if (field === null) continue;
      fields.push(field);
      bytes += fieldBytes(field);
      if (bytes > MOST_BYTES) throw new HpackError(`a head of more than ${MOST_BYTES} bytes`);
    }
    return fields;
  }

  /** Null: the table was resized, which only the beginning of a block may do. */
  #next(isFirst: boolean): Field | null {
    const first = this.#block[this.#at] as number;
    if (first >= 0x80) return this.#entry(this.#number(7));
    if (first >= 0x40) {
      const field = this.#literal(6);
      this.#add(field);
      return field;
    }
    if (first < 0x20) return this.#literal(4);
    const limit = this.#number(5);
    if (!isFirst || limit > TABLE_BYTES) throw new HpackError(`a table of ${limit} bytes`);
    this.#limit = limit;
    this.#evict();
    return null;
  }

  #entry(index: number): Field {
    const at = index - STATIC_TABLE.length;
    const field = at <= 0 ? STATIC_TABLE[index - 1] : this.#table[this.#table.length - at];
    if (field === undefined) throw new HpackError(`field ${index}, which is not known`);
    return field;
  }

  #literal(prefix: number): Field {
    const index = this.#number(prefix);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    return [name, this.#text()];
  }

  #add(field: Field): void {
    this.#table.push(field);
    this.#bytes += fieldBytes(field);
    this.#evict();
  }

  #evict(): void {
    this.revision++;
    let gone = 0;
    while (this.#bytes > this.#limit) this.#bytes -= fieldBytes(this.#table[gone++] as Field);
    this.#table.splice(0, gone);
  }

  /** A number whose first byte has `prefix` bits for it. */
  #number(prefix: number): number {
    const most = 2 ** prefix - 1;
    let value = this.#byte() & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      // Bytes that add nothing may come without end.
      if (value > LONGEST_NUMBER || factor > LONGEST_NUMBER) throw new HpackError('a number that is too large');
      if (byte < 128) return value;
    }
  }

  #text(): string {
    const isCoded = (this.#block[this.#at] as number) >= 0x80;
    const length = this.#number(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#to) throw new HpackError('a field that is cut off');
    this.#at = to;
    const text = isCoded ? huffmanText(this.#block, from, to) : this.#block.toString('latin1', from, to);
    if (text === null) throw new HpackError('a text that is not in the code of header fields');
    return text;
  }

  #byte(): number {
    if (this.#at >= this.#to) throw new HpackError('a field that is cut off');
    return this.#block[this.#at++] as number;
  }
}
