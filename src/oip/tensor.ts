import { countTexts } from './bytes-elements.ts';
import { type Datatype, type DatatypeName, datatypeOf } from './datatype.ts';
import { ProtocolError, quoted } from './protocol-error.ts';

/**
 * A tensor as it lies in memory and on the wire: its elements in row-major order, little-endian, without gaps; of BYTES
 * each element's length in four bytes and then the element. `bytes` may be a view of the message it came in.
 */
export interface Tensor {
  readonly name: string;
  readonly datatype: DatatypeName;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** More dimensions than any operator set has. */
const MOST_DIMENSIONS = 64;

/**
 * Elements of a shape as a message declares it. Nothing is set aside for them: what was declared is held against the
 * bytes that are there.
 *
 * @throws ProtocolError for a size that is no whole number of 0 or more, and for more elements than a double can count.
 */
export function declaredElements(where: string, shape: readonly unknown[]): number {
  if (shape.length > MOST_DIMENSIONS) {
    throw new ProtocolError(`${where}.shape: found ${shape.length} dimensions, expected at most ${MOST_DIMENSIONS}`);
  }
  let elements = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      throw new ProtocolError(`${where}.shape: found ${quoted(shape)}, expected whole numbers of 0 or more`);
    }
    elements *= size;
  }
  if (Number.isSafeInteger(elements)) return elements;
  throw new ProtocolError(`${where}.shape: found ${quoted(shape)}, which is more elements than any message can hold`);
}

/**
 * Holds the size of raw contents against the declared shape.
 *
 * @throws ProtocolError where they differ, and for BYTES whose lengths do not add up.
 */
export function checkRaw(where: string, type: Datatype, shape: readonly number[], bytes: Uint8Array): void {
  const elements = declaredElements(where, shape);
  if (type.width === 0) {
    const found = countTexts(where, bytes, elements);
    if (found === elements) return;
    throw new ProtocolError(
      `${where}: found ${found} elements of BYTES, expected ${elements} for the shape ${quoted(shape)}`,
    );
  }
  if (bytes.byteLength === elements * type.width) return;
  throw new ProtocolError(
    `${where}: found ${bytes.byteLength} bytes, expected ${elements * type.width} for ${type.name} ${quoted(shape)}`,
  );
}

/** Bytes that so many elements take; null: BYTES, of which only the elements tell. */
export function bytesOf(datatype: DatatypeName, elements: number): number | null {
  const { width } = datatypeOf(datatype);
  return width === 0 ? null : width * elements;
}

/** A view of the same bytes that begins at a multiple of `width`: of a copy where it must be. */
export function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return width <= 1 || bytes.byteOffset % width === 0 ? bytes : bytes.slice();
}
