import { createHash } from 'node:crypto';
import { Tensor } from 'onnxruntime-node';
import type { InputsSpec, RandomLaws, ValueLaw } from '../campaign/inputs-spec.ts';
import { ModelError } from '../models/model-error.ts';
import { stream } from '../scenarios/rng.ts';
import { ELEMENTS, type Element, type ElementValues, elementsIn, shapeText } from './elements.ts';
import { FeedError } from './feed-error.ts';
import type { BoundInput } from './onnx-shapes.ts';
import { drawText, fillRandom, INPUT_SET_SEED, lawsFor } from './random-values.ts';
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

/** Values drawn for one input, unless a single sample needs more: 16 MiB of float32, tens of milliseconds. */
const POOL_ELEMENTS = 4 * 1024 * 1024;
const POOL_TEXTS = 1024 * 1024;
const LARGEST_BYTES = 2 ** 31;
const MOST_SAMPLES = 65_536;
const CACHE_LINE = 64;

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

/**
 * `samples` different requests of random values, their tensors made beforehand. The samples of an input are windows on
 * one stretch of memory: side by side while they come to four million values, overlapping and shifted beyond that.
 *
 * @throws FeedError for a type that has no random values and a law that does not fit, ModelError `too-large` beyond
 * 65,536 samples or 2 GiB.
 */
export function randomInputs(inputs: readonly BoundInput[], samples: number, laws: RandomLaws = {}): InputPool {
  if (samples > MOST_SAMPLES) {
    throw new ModelError('too-large', `inputs.random.samples: found ${samples}, expected at most ${MOST_SAMPLES}`);
  }
  const hash = createHash('sha256');
  const feeds = Array.from({ length: samples }, (): Record<string, Tensor> => ({}));
  const lawOf = lawsFor(inputs, laws);
  for (const input of inputs) {
    const draw = { feeds, law: lawOf.get(input.name) ?? null, see: (bytes: string | Uint8Array) => hash.update(bytes) };
    if (input.type === 'string') drawTexts(input, draw);
    else drawNumbers(input, draw);
  }
  return { feeds, count: samples, digest: `sha256:${hash.digest('hex')}`, lay: null, close: () => {} };
}

/** Where the values of one input go. */
interface Drawing {
  readonly feeds: readonly Record<string, Tensor>[];
  readonly law: ValueLaw | null;
  readonly see: (bytes: string | Uint8Array) => void;
}

function drawNumbers(input: BoundInput, { feeds, law, see }: Drawing): void {
  const element = elementOf(input);
  const count = elementsIn(input.dims);
  const { stride, buffer } = memoryFor(input, count, element.bytes, feeds.length);
  fillRandom(element, law, buffer, stream(INPUT_SET_SEED, `inputs/${input.name}`), input.rows);
  see(`${input.name} ${input.type} [${input.dims.join(',')}] ${feeds.length}/${stride}\n`);
  see(new Uint8Array(buffer));
  feeds.forEach((feed, i) => {
    feed[input.name] = tensorOf(element, element.view(buffer, i * stride * element.bytes, count), input.dims);
  });
}

function drawTexts(input: BoundInput, { feeds, law, see }: Drawing): void {
  const count = elementsIn(input.dims);
  if (count * feeds.length > POOL_TEXTS) {
    const sizes = `${feeds.length} samples of ${shapeText(input.dims)}`;
    throw new ModelError('too-large', `model input ${input.name}: ${sizes}, expected at most ${POOL_TEXTS} texts`);
  }
  const rng = stream(INPUT_SET_SEED, `inputs/${input.name}`);
  see(`${input.name} string [${input.dims.join(',')}] ${feeds.length}\n`);
  for (const feed of feeds) {
    const texts = Array.from({ length: count }, () => drawText(law, rng));
    see(`${JSON.stringify(texts)}\n`);
    feed[input.name] = new Tensor('string', texts, input.dims);
  }
}

/**
 * A tensor on `values`. Halves are shown to the binding as the Uint16Array they are: its tensor turns them into a
 * Float16Array, of which the binding reads zero bytes (https://github.com/microsoft/onnxruntime/pull/32323).
 */
function tensorOf({ type }: Element, values: ElementValues, dims: readonly number[]): Tensor {
  const tensor = new Tensor(type, values, dims);
  return type === 'float16' ? Object.defineProperty(tensor, 'data', { value: values }) : tensor;
}

function elementOf(input: BoundInput): Element {
  const element = ELEMENTS.get(input.type);
  if (element !== undefined) return element;
  const known = [...ELEMENTS.keys(), 'string'].join(', ');
  throw new FeedError(['inputs'], `found the type ${input.type} of the model's input ${input.name}, expected ${known}`);
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
    const shape = shapeText(input.dims);
    throw new ModelError(
      'too-large',
      `model input ${input.name} ${shape}: ${bytes} bytes, expected at most ${LARGEST_BYTES}`,
    );
  }
  return { stride, buffer: new ArrayBuffer(bytes) };
}
