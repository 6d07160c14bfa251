import { createHash } from 'node:crypto';
import type { RandomLaws, ValueLaw } from '../campaign/inputs-spec.ts';
import { ModelError } from '../models/model-error.ts';
import { stream } from '../scenarios/rng.ts';
import { ELEMENTS, type Element, elementsIn, shapeText } from './elements.ts';
import { FeedError } from './feed-error.ts';
import type { BoundInput } from './onnx-shapes.ts';
import { drawText, fillRandom, lawsFor } from './random-values.ts';

/** Values drawn for one input, unless a single sample needs more: 16 MiB of float32, tens of milliseconds. */
const POOL_ELEMENTS = 4 * 1024 * 1024;
const POOL_TEXTS = 1024 * 1024;
const LARGEST_BYTES = 2 ** 31;
const MOST_SAMPLES = 65_536;
const CACHE_LINE = 64;

/** The random values of one input, sample by sample. */
export type DrawnInput =
  | {
      readonly kind: 'numbers';
      readonly input: BoundInput;
      readonly element: Element;
      readonly buffer: ArrayBuffer;
      /** Elements of one sample, and from one sample to the next. */
      readonly count: number;
      readonly stride: number;
    }
  | { readonly kind: 'texts'; readonly input: BoundInput; readonly texts: readonly (readonly string[])[] };

export interface DrawnSamples {
  /** `sha256:…` over names, types, shapes and every value. */
  readonly digest: string;
  readonly inputs: readonly DrawnInput[];
}

/**
 * `samples` different requests of random values. The samples of an input are windows on one stretch of memory: side by side
 * while they come to four million values, overlapping and shifted beyond that.
 *
 * @throws FeedError for a type that has no random values and a law that does not fit, ModelError `too-large` beyond
 * 65,536 samples or 2 GiB.
 */
export function randomSamples(
  inputs: readonly BoundInput[],
  samples: number,
  laws: RandomLaws,
  seed: string,
): DrawnSamples {
  if (samples > MOST_SAMPLES) {
    throw new ModelError('too-large', `inputs.random.samples: found ${samples}, expected at most ${MOST_SAMPLES}`);
  }
  const hash = createHash('sha256');
  const lawOf = lawsFor(inputs, laws);
  const drawn = inputs.map((input) => {
    const draw = {
      samples,
      seed,
      law: lawOf.get(input.name) ?? null,
      see: (bytes: string | Uint8Array) => hash.update(bytes),
    };
    return input.type === 'string' ? drawTexts(input, draw) : drawNumbers(input, draw);
  });
  return { digest: `sha256:${hash.digest('hex')}`, inputs: drawn };
}

/** How the values of one input are drawn, and who looks at them. */
interface Drawing {
  readonly samples: number;
  readonly seed: string;
  readonly law: ValueLaw | null;
  readonly see: (bytes: string | Uint8Array) => void;
}

function drawNumbers(input: BoundInput, { samples, seed, law, see }: Drawing): DrawnInput {
  const element = elementOf(input);
  const count = elementsIn(input.dims);
  const { stride, buffer } = memoryFor(input, count, element.bytes, samples);
  fillRandom(element, law, buffer, stream(seed, `inputs/${input.name}`), input.rows);
  see(`${input.name} ${input.type} [${input.dims.join(',')}] ${samples}/${stride}\n`);
  see(new Uint8Array(buffer));
  return { kind: 'numbers', input, element, buffer, count, stride };
}

function drawTexts(input: BoundInput, { samples, seed, law, see }: Drawing): DrawnInput {
  const count = elementsIn(input.dims);
  if (count * samples > POOL_TEXTS) {
    const sizes = `${samples} samples of ${shapeText(input.dims)}`;
    throw new ModelError('too-large', `model input ${input.name}: ${sizes}, expected at most ${POOL_TEXTS} texts`);
  }
  const rng = stream(seed, `inputs/${input.name}`);
  see(`${input.name} string [${input.dims.join(',')}] ${samples}\n`);
  const texts = Array.from({ length: samples }, () => {
    const drawn = Array.from({ length: count }, () => drawText(law, rng));
    see(`${JSON.stringify(drawn)}\n`);
    return drawn;
  });
  return { kind: 'texts', input, texts };
}

/** The bytes of one sample: a window on the input's memory. */
export const windowOf = (
  { buffer, element, count, stride }: Extract<DrawnInput, { kind: 'numbers' }>,
  sample: number,
): Uint8Array => new Uint8Array(buffer, sample * stride * element.bytes, count * element.bytes);

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
