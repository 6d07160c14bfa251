import { createHash } from 'node:crypto';
import { Tensor } from 'onnxruntime-node';
import { ModelError } from '../models/model-error.ts';
import { stream } from '../scenarios/rng.ts';
import type { BoundInput } from './onnx-shapes.ts';
import { ELEMENT_LAWS, type ElementLaw, type ElementValues } from './onnx-values.ts';

/** What one request sends: a tensor for every input. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface InputPool {
  /** One for each sample of the pool; requests take them by index. */
  readonly feeds: readonly Feeds[];
  /** `sha256:…` over names, types, shapes and every value. */
  readonly digest: string;
}

/** Values drawn for one input, unless a single sample needs more: 16 MiB of float32, tens of milliseconds. */
const POOL_ELEMENTS = 4 * 1024 * 1024;
const LARGEST_BYTES = 2 ** 31;
const MOST_SAMPLES = 65_536;
const CACHE_LINE = 64;

/**
 * Random inputs are a data set, not a draw of the run: sample i of an input of this name, type and shape is the same
 * for every worker, trial and run, so that whatever is compared was asked the same questions.
 */
const INPUT_SET_SEED = '0';

/**
 * `samples` different requests of random values, their tensors made beforehand. The samples of an input are windows on
 * one stretch of memory: side by side while they come to four million values, overlapping and shifted beyond that.
 *
 * @throws ModelError `shape` for a type that has no random values, `too-large` beyond 65,536 samples or 2 GiB.
 */
export function randomInputs(inputs: readonly BoundInput[], samples: number): InputPool {
  if (samples > MOST_SAMPLES) {
    throw new ModelError('too-large', `inputs.random.samples: found ${samples}, expected at most ${MOST_SAMPLES}`);
  }
  const hash = createHash('sha256');
  const feeds = Array.from({ length: samples }, (): Record<string, Tensor> => ({}));
  for (const input of inputs) {
    const law = lawOf(input);
    const count = input.dims.reduce((product, dim) => product * dim, 1);
    const { stride, buffer } = memoryFor(input, count, law.bytes, samples);
    law.fill(buffer, stream(INPUT_SET_SEED, `inputs/${input.name}`), input.rows);
    hash.update(`${input.name} ${input.type} [${input.dims.join(',')}] ${samples}/${stride}\n`);
    hash.update(new Uint8Array(buffer));
    feeds.forEach((feed, i) => {
      feed[input.name] = tensorOf(law, law.view(buffer, i * stride * law.bytes, count), input.dims);
    });
  }
  return { feeds, digest: `sha256:${hash.digest('hex')}` };
}

/**
 * A tensor on `values`. Halves are shown to the binding as the Uint16Array they are: its tensor turns them into a
 * Float16Array, of which the binding reads zero bytes (https://github.com/microsoft/onnxruntime/pull/32323).
 */
function tensorOf(law: ElementLaw, values: ElementValues, dims: readonly number[]): Tensor {
  const tensor = new Tensor(law.type, values, dims);
  return law.type === 'float16' ? Object.defineProperty(tensor, 'data', { value: values }) : tensor;
}

function lawOf(input: BoundInput): ElementLaw {
  const law = ELEMENT_LAWS.get(input.type);
  if (law !== undefined) return law;
  const known = [...ELEMENT_LAWS.keys()].join(', ');
  throw new ModelError('shape', `model input ${input.name}: found type ${input.type}, random inputs can be ${known}`);
}

/** Room for all windows and the step from one to the next, in elements: whole cache lines where there is a choice. */
function memoryFor(
  input: BoundInput,
  count: number,
  elementBytes: number,
  samples: number,
): { readonly stride: number; readonly buffer: ArrayBuffer } {
  const line = CACHE_LINE / elementBytes;
  const affordable = Math.floor((POOL_ELEMENTS - count) / Math.max(1, samples - 1));
  const aligned = Math.floor(affordable / line) * line;
  const stride = Math.max(1, Math.min(count, aligned > 0 ? aligned : affordable));
  const bytes = (count + (samples - 1) * stride) * elementBytes;
  if (bytes > LARGEST_BYTES) {
    const shape = `[${input.dims.join(', ')}]`;
    throw new ModelError(
      'too-large',
      `model input ${input.name} ${shape}: ${bytes} bytes, expected at most ${LARGEST_BYTES}`,
    );
  }
  return { stride, buffer: new ArrayBuffer(bytes) };
}
