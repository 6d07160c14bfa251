import { ProtocolError } from './protocol-error.ts';

/** Bytes of the length that stands before each element. */
const LENGTH_BYTES = 4;

/**
 * The number of elements that BYTES contents hold; stops above `most`.
 *
 * @throws ProtocolError where the lengths lead beyond the end.
 */
export function countTexts(where: string, bytes: Uint8Array, most: number): number {
  let count = 0;
  for (let at = 0; at < bytes.byteLength && count <= most; count++) at = endOf(where, bytes, at);
  return count;
}

/** Where the element that begins at `at` ends. */
function endOf(where: string, bytes: Uint8Array, at: number): number {
  const start = at + LENGTH_BYTES;
  const end = start <= bytes.byteLength ? start + lengthAt(bytes, at) : start;
  if (end <= bytes.byteLength) return end;
  throw new ProtocolError(
    `${where}: an element of BYTES at byte ${at} ends beyond the ${bytes.byteLength} bytes there`,
  );
}

const lengthAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;

/** The elements, as views. Only of contents that {@link countTexts} has been through. */
export function splitTexts(bytes: Uint8Array): Uint8Array[] {
  const texts: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const start = at + LENGTH_BYTES;
    const end = start + lengthAt(bytes, at);
    texts.push(bytes.subarray(start, end));
    at = end;
  }
  return texts;
}

/** Where each run of `each` elements ends. Only of contents that {@link countTexts} has been through. */
export function textEnds(bytes: Uint8Array, each: number): number[] {
  const ends: number[] = [];
  let count = 0;
  for (let at = 0; at < bytes.byteLength; ) {
    at += LENGTH_BYTES + lengthAt(bytes, at);
    if (++count % each === 0) ends.push(at);
  }
  return ends;
}

export function joinTexts(texts: readonly Uint8Array[]): Uint8Array {
  const size = texts.reduce((sum, text) => sum + LENGTH_BYTES + text.byteLength, 0);
  const bytes = new Uint8Array(size);
  const lengths = new DataView(bytes.buffer);
  let at = 0;
  for (const text of texts) {
    lengths.setUint32(at, text.byteLength, true);
    bytes.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + text.byteLength;
  }
  return bytes;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const encodeStrings = (texts: readonly string[]): Uint8Array =>
  joinTexts(texts.map((text) => encoder.encode(text)));

/** @throws ProtocolError for an element that is no UTF-8. */
export function decodeStrings(where: string, bytes: Uint8Array): string[] {
  return splitTexts(bytes).map((text, index) => {
    try {
      return decoder.decode(text);
    } catch (cause) {
      throw new ProtocolError(`${where}: element ${index} is no UTF-8 text`, { cause });
    }
  });
}
