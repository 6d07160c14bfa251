import { type EncodedModel, encodeModel } from './encode.ts';
import { referenceGraph } from './registry.ts';

/**
 * The seed of the weights that `stageReferenceModel` writes: part of the definition of the reference models, so that
 * `mobilenet-v2` is the same file, with the same digest, on every machine.
 */
export const REFERENCE_WEIGHTS_SEED = '2018';

/**
 * The ONNX file of a reference model in pieces, for writing: same name and seed, same bytes.
 *
 * @throws ModelError `unknown-model`, RangeError when `seed` is no unsigned 64-bit integer in decimal.
 */
export const encodeReferenceModel = (name: string, seed: string): EncodedModel =>
  encodeModel(referenceGraph(name), seed);

/** The same in one buffer. */
export function buildReferenceModel(name: string, seed: string): Uint8Array {
  const model = encodeReferenceModel(name, seed);
  const file = new Uint8Array(model.bytes);
  let at = 0;
  for (const chunk of model.chunks()) {
    file.set(chunk, at);
    at += chunk.length;
  }
  return file;
}
