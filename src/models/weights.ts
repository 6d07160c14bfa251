import { stream } from '../scenarios/rng.ts';
import { elements, type Initialiser } from './graph.ts';

const SIZE_OF = { float32: 4, int64: 8 } as const;

/** Bytes of a constant tensor's contents. */
export const sizeOf = (initialiser: Initialiser): number => elements(initialiser.dims) * SIZE_OF[initialiser.type];

/**
 * The contents of a constant tensor as ONNX stores them: row-major, fixed width, little-endian. Uniform draws come from
 * the stream `weights/<model>/<tensor>` of `seed`, so that tensors do not depend on one another's order or size.
 *
 * @throws RangeError when `seed` is no unsigned 64-bit integer.
 */
export function contents(model: string, initialiser: Initialiser, seed: string): Uint8Array {
  const count = elements(initialiser.dims);
  const data = initialiser.type === 'float32' ? new Float32Array(count) : new BigInt64Array(count);
  fill(data, model, initialiser, seed);
  return new Uint8Array(data.buffer);
}

function fill(data: Float32Array | BigInt64Array, model: string, initialiser: Initialiser, seed: string): void {
  const { kind } = initialiser.fill;
  if (kind === 'uniform' && data instanceof Float32Array) {
    const rng = stream(seed, `weights/${model}/${initialiser.name}`);
    const { bound } = initialiser.fill;
    for (let i = 0; i < data.length; i++) data[i] = (2 * rng.next() - 1) * bound;
    return;
  }
  if (kind === 'uniform') throw new Error(`${initialiser.name}: random whole numbers are not drawn`);
  const values = kind === 'list' ? initialiser.fill.values : null;
  const each = kind === 'constant' ? initialiser.fill.value : 0;
  for (let i = 0; i < data.length; i++) {
    const value = values?.[i] ?? each;
    if (data instanceof Float32Array) data[i] = value;
    else data[i] = BigInt(value);
  }
}
