import type { Datatype } from './datatype.ts';

/**
 * The element type in which values of a datatype are held: onnxruntime's own, but float32 for BF16, of which there are arrays
 * neither in its binding nor in JavaScript.
 */
export const heldAs = ({ kind, onnx }: Datatype): string => (kind === 'brain' ? 'float32' : onnx);

/**
 * Values of bfloat16 as float32, of which they are the upper halves: exact, whatever the bits.
 *
 * @param bits one element in each.
 */
export function floatsOfBrain(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/**
 * The nearest bfloat16 of each value, ties to even, one element of sixteen bits in each: exact where the value came from
 * bfloat16. What is no number stays none, with its sign, and is a quiet one.
 */
export function brainOfFloats({ buffer, byteOffset, length }: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(buffer, byteOffset, length);
  const bits = new Uint16Array(length);
  for (let i = 0; i < length; i++) {
    const word = words[i] as number;
    const isNumber = (word & 0x7fff_ffff) <= 0x7f80_0000;
    bits[i] = isNumber ? (word + 0x7fff + ((word >>> 16) & 1)) >>> 16 : (word >>> 16) | 0x40;
  }
  return bits;
}
