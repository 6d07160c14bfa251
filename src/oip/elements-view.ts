import type { Datatype, DatatypeName } from './datatype.ts';
import { aligned } from './tensor.ts';

/** Numbers by position; bigint where the datatype is wide. */
export interface ElementsView {
  [index: number]: number | bigint;
  readonly length: number;
}

type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => unknown;

const VIEWS: Readonly<Partial<Record<DatatypeName, ViewClass>>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
  BF16: Uint16Array,
};

/** The elements of raw contents; BF16 as the sixteen bits that it is. Not for BYTES. */
export function elementsView({ name, width }: Datatype, bytes: Uint8Array): ElementsView {
  const View = VIEWS[name];
  if (View === undefined) throw new Error(`${name} has no elements of a fixed width`);
  const { buffer, byteOffset, byteLength } = aligned(bytes, width);
  return new View(buffer, byteOffset, byteLength / width) as ElementsView;
}

const word = new DataView(new ArrayBuffer(4));

/** The value of sixteen bits of bfloat16: the upper half of a float32. */
export function fromBrain(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** The nearest bfloat16, ties to even; beyond the largest one an infinity. */
export function toBrain(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  word.setFloat32(0, value);
  const bits = word.getUint32(0);
  const rounded = bits + 0x7fff + ((bits >>> 16) & 1);
  return (rounded >>> 16) & 0xffff;
}
