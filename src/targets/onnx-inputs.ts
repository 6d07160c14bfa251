import { Tensor } from 'onnxruntime-node';
import type { InputsSpec, RandomLaws } from '../campaign/inputs-spec.ts';
import type { Element, ElementValues } from './elements.ts';
import type { BoundInput } from './onnx-shapes.ts';
import { type DrawnInput, randomSamples } from './random-samples.ts';
import { INPUT_SET_SEED } from './random-values.ts';
import type { InputMemory } from './samples/input-memory.ts';
import { openPool } from './samples/pool.ts';

/** What one request sends: a tensor for every input. */
export type Feeds = Readonly<Record<string, Tensor>>;

export interface InputPool {
  /** What is sent: a request takes one by its sample, modulo their number. */
  readonly feeds: readonly Feeds[];
  /** Samples that a request can begin with. */
  readonly count: number;
  /** `sha256:…` over names, types, shapes and every value; of samples from a file, of the file. */
  readonly digest: string;
  /** Lays a sample into the feeds, of which there is one; null: they are all there. */
  readonly lay: ((sample: number) => void) | null;
  close(): void;
}

/** What a model is fed. @throws FeedError where it does not fit the model's inputs. */
export async function inputPool(spec: InputsSpec, inputs: readonly BoundInput[], batch: number): Promise<InputPool> {
  if (spec.kind === 'random') return randomInputs(inputs, spec.samples, spec);
  const pool = await openPool(spec, inputs, batch);
  const feeds = Object.fromEntries(pool.memories.map((memory) => [memory.input.name, tensorIn(memory)]));
  return {
    feeds: [feeds],
    count: pool.count,
    digest: `sha256:${spec.file.sha256}`,
    lay: (sample) => pool.lay(sample % pool.count),
    close: () => pool.close(),
  };
}

const tensorIn = (memory: InputMemory): Tensor =>
  memory.kind === 'texts'
    ? new Tensor('string', memory.data, memory.input.dims)
    : tensorOf(memory.element, memory.data, memory.input.dims);

/** As {@link randomSamples}, a tensor for each window, made beforehand. */
export function randomInputs(inputs: readonly BoundInput[], samples: number, laws: RandomLaws = {}): InputPool {
  const drawn = randomSamples(inputs, samples, laws, INPUT_SET_SEED);
  const feeds = Array.from({ length: samples }, (_, sample) =>
    Object.fromEntries(drawn.inputs.map((each) => [each.input.name, tensorOfSample(each, sample)])),
  );
  return { feeds, count: samples, digest: drawn.digest, lay: null, close: () => {} };
}

function tensorOfSample(drawn: DrawnInput, sample: number): Tensor {
  const { dims } = drawn.input;
  if (drawn.kind === 'texts') return new Tensor('string', [...(drawn.texts[sample] ?? [])], dims);
  const { element, buffer, count, stride } = drawn;
  return tensorOf(element, element.view(buffer, sample * stride * element.bytes, count), dims);
}

/**
 * A tensor on `values`. Halves are shown to the binding as the Uint16Array they are: its tensor turns them into a
 * Float16Array, of which the binding reads zero bytes (https://github.com/microsoft/onnxruntime/pull/32323).
 */
export function tensorOf({ type }: Element, values: ElementValues, dims: readonly number[]): Tensor {
  const tensor = new Tensor(type, values, dims);
  return type === 'float16' ? Object.defineProperty(tensor, 'data', { value: values }) : tensor;
}
