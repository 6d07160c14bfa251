import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import type { Extent, FileWindow } from './file-window.ts';

/** Above this a field is a weight, wherever it stands. */
const SMALL_FIELD_BYTES = 4096;

/** A message decoded from the named ones of its fields, large ones left out. */
export function excerpt<Desc extends DescMessage>(
  window: FileWindow,
  message: Extent,
  schema: Desc,
  names: readonly string[],
): MessageShape<Desc> {
  const numbers = new Set(names.map((name) => schema.field[name]?.number));
  const parts: Uint8Array[] = [];
  for (const field of window.fields(message)) {
    const small = field.contents.to - field.contents.from <= SMALL_FIELD_BYTES;
    if (small && numbers.has(field.number)) parts.push(window.read(field.whole));
  }
  return fromBinary(schema, concatenated(parts), { readUnknownFields: false });
}

/** The parts one after the other. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
