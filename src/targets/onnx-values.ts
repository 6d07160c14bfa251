import type { Tensor } from 'onnxruntime-node';
import type { Rng } from '../scenarios/rng.ts';

/** The memory of a tensor of numbers. */
export type ElementValues = Exclude<Tensor.DataType, string[]>;

/** How random values of an element type are made and looked at. */
export interface ElementLaw {
  readonly type: Exclude<Tensor.Type, 'string'>;
  readonly bytes: number;
  /** Fills all of `buffer`; `rows` is what whole numbers must stay below, null where nothing is known of them. */
  fill(buffer: ArrayBuffer, rng: Rng, rows: number | null): void;
  view(buffer: ArrayBuffer, byteOffset: number, length: number): ElementValues;
}

interface NumberArray {
  [index: number]: number;
  readonly length: number;
}
type NumberArrayClass = {
  readonly BYTES_PER_ELEMENT: number;
  new (
    buffer: ArrayBuffer,
    byteOffset?: number,
    length?: number,
  ): NumberArray & Exclude<ElementValues, BigInt64Array | BigUint64Array>;
};
type Draw = (rng: Rng, rows: number | null) => number;

const unit: Draw = (rng) => rng.next();
const below =
  (otherwise: number): Draw =>
  (rng, rows) =>
    Math.floor(rng.next() * (rows ?? otherwise));
const signedByte: Draw = (rng, rows) =>
  rows === null ? Math.floor(rng.next() * 256) - 128 : Math.floor(rng.next() * Math.min(rows, 128));

/** A multiple of 1/1024 in [0, 1) as the bits of an IEEE 754 half. */
const half: Draw = (rng) => {
  const thousandths = Math.floor(rng.next() * 1024);
  if (thousandths === 0) return 0;
  const exponent = 31 - Math.clz32(thousandths);
  return ((exponent + 5) << 10) | ((thousandths << (10 - exponent)) & 0x3ff);
};

function numbers(type: ElementLaw['type'], array: NumberArrayClass, draw: Draw): [string, ElementLaw] {
  return [
    type,
    {
      type,
      bytes: array.BYTES_PER_ELEMENT,
      fill(buffer, rng, rows) {
        const values = new array(buffer);
        for (let i = 0; i < values.length; i++) values[i] = draw(rng, rows);
      },
      view: (buffer, byteOffset, length) => new array(buffer, byteOffset, length),
    },
  ];
}

/** Whole numbers of 64 bits below 2^31, written as their low halves: little-endian, no BigInt for each. */
function wide(type: 'int64' | 'uint64', array: typeof BigInt64Array | typeof BigUint64Array): [string, ElementLaw] {
  const draw = below(2);
  return [
    type,
    {
      type,
      bytes: 8,
      fill(buffer, rng, rows) {
        const halves = new Int32Array(buffer);
        const limit = rows === null ? null : Math.min(rows, 2 ** 31);
        for (let i = 0; i < halves.length; i += 2) halves[i] = draw(rng, limit);
      },
      view: (buffer, byteOffset, length) => new array(buffer, byteOffset, length),
    },
  ];
}

/**
 * The element types that random inputs can have. Floating-point values are uniform in [0, 1); 8-bit integers, which
 * stand for pixels and quantised values, take their whole range; other integers lie below the number of rows they
 * select and are 0 or 1 where the model does not say; booleans are either.
 */
export const ELEMENT_LAWS: ReadonlyMap<string, ElementLaw> = new Map([
  numbers('float32', Float32Array, unit),
  numbers('float64', Float64Array, unit),
  numbers('float16', Uint16Array, half),
  numbers('uint8', Uint8Array, below(256)),
  numbers('int8', Int8Array, signedByte),
  numbers('bool', Uint8Array, below(2)),
  numbers('uint16', Uint16Array, below(2)),
  numbers('int16', Int16Array, below(2)),
  numbers('uint32', Uint32Array, below(2)),
  numbers('int32', Int32Array, below(2)),
  wide('int64', BigInt64Array),
  wide('uint64', BigUint64Array),
]);
