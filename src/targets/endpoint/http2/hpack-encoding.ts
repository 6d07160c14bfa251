import { type Field, STATIC_TABLE, staticIndex, staticName } from './field-table.ts';

/** A number behind `pattern`, whose lowest `prefix` bits are for it (RFC 7541, section 5.1). */
function number(value: number, prefix: number, pattern: number): Buffer {
  const most = 2 ** prefix - 1;
  if (value < most) return Buffer.from([pattern | value]);
  const bytes = [pattern | most];
  let left = value - most;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([number(bytes.length, 7, 0), bytes]);
}

function literal([name, value]: Field, prefix: number, pattern: number): Buffer {
  const index = staticName(name);
  const named = number(index, prefix, pattern);
  return Buffer.concat(index === 0 ? [named, text(name), text(value)] : [named, text(value)]);
}

/** A field that the receiver keeps in its table. */
export const kept = (field: Field): Buffer => literal(field, 6, 0x40);

/** A field that every connection knows, or that is said in full and not kept. */
export function plain(field: Field): Buffer {
  const index = staticIndex(...field);
  return index > 0 ? number(index, 7, 0x80) : literal(field, 4, 0);
}

/** A field of the receiver's table, the newest of which is 0. */
export const known = (nth: number): Buffer => number(STATIC_TABLE.length + 1 + nth, 7, 0x80);

/** The receiver's table holds nothing from here on. */
export const EMPTIES_TABLE: Buffer = number(0, 5, 0x20);
