import type { Tensor } from 'onnxruntime-node';

/** The memory of a tensor of numbers. */
export type ElementValues = Exclude<Tensor.DataType, string[]>;

/** An element type whose values have a fixed width. Every type that onnxruntime-node takes, but for `string`. */
export interface Element {
  readonly type: Exclude<Tensor.Type, 'string'>;
  readonly bytes: number;
  /** `wide`: whole numbers of 64 bits, held as bigint. `truth`: 0 or 1. */
  readonly kind: 'float' | 'whole' | 'wide' | 'truth';
  /** Least and greatest value, as near as a double comes to it. */
  readonly least: number;
  readonly most: number;
  /** What onnxruntime is given. A half is shown as the sixteen bits that it is. */
  view(buffer: ArrayBuffer, byteOffset: number, length: number): ElementValues;
  /** The same memory as values that can be read and written. */
  values(buffer: ArrayBuffer, byteOffset: number, length: number): NumberValues;
}

/** Numbers by position. A bigint stands where the element is wide, and nowhere else. */
export interface NumberValues {
  [index: number]: number | bigint;
  readonly length: number;
}

type ArrayClass<T> = {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset?: number, length?: number): T;
};

function element<T extends ElementValues>(
  type: Element['type'],
  kind: Element['kind'],
  [least, most]: readonly [number, number],
  memory: ArrayClass<T>,
  readable: ArrayClass<unknown> = memory,
): [string, Element] {
  return [
    type,
    {
      type,
      kind,
      least,
      most,
      bytes: memory.BYTES_PER_ELEMENT,
      view: (buffer, byteOffset, length) => new memory(buffer, byteOffset, length),
      values: (buffer, byteOffset, length) => new readable(buffer, byteOffset, length) as NumberValues,
    },
  ];
}

const signed = (bits: number): [number, number] => [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
const unsigned = (bits: number): [number, number] => [0, 2 ** bits - 1];
const float = (most: number): [number, number] => [-most, most];

/** By the names that onnxruntime uses. */
export const ELEMENTS: ReadonlyMap<string, Element> = new Map([
  element('float32', 'float', float(3.4028234663852886e38), Float32Array),
  element('float64', 'float', float(Number.MAX_VALUE), Float64Array),
  element('float16', 'float', float(65504), Uint16Array, Float16Array),
  element('uint8', 'whole', unsigned(8), Uint8Array),
  element('int8', 'whole', signed(8), Int8Array),
  element('bool', 'truth', [0, 1], Uint8Array),
  element('uint16', 'whole', unsigned(16), Uint16Array),
  element('int16', 'whole', signed(16), Int16Array),
  element('uint32', 'whole', unsigned(32), Uint32Array),
  element('int32', 'whole', signed(32), Int32Array),
  element('int64', 'wide', signed(64), BigInt64Array),
  element('uint64', 'wide', unsigned(64), BigUint64Array),
]);

/** Elements of a shape; a scalar has one. */
export const elementsIn = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** `[2, 3]`. */
export const shapeText = (shape: readonly (number | string)[]): string => `[${shape.join(', ')}]`;
