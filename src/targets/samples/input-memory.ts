import { ELEMENTS, type Element, type ElementValues, elementsIn, type NumberValues } from '../elements.ts';
import { FeedError } from '../feed-error.ts';
import { type BoundInput, sampleShape } from '../onnx-shapes.ts';
import { elementOf, flattened } from './json-values.ts';

interface InputOfRequest {
  readonly input: BoundInput;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Elements of one sample. */
  readonly elements: number;
}

interface NumberInput extends InputOfRequest {
  readonly kind: 'numbers';
  readonly element: Element;
  /** Bytes of one sample. */
  readonly sampleBytes: number;
  /** One and the same memory: as bytes, as onnxruntime is given it, as values. */
  readonly bytes: Uint8Array;
  readonly data: ElementValues;
  readonly values: NumberValues;
}

interface TextInput extends InputOfRequest {
  readonly kind: 'texts';
  readonly data: string[];
}

/** The memory of one input of one request, filled again for each. */
export type InputMemory = NumberInput | TextInput;

/** @throws FeedError for a type that onnxruntime-node does not take, or an input that does not hold the batch. */
export function memoryOf(input: BoundInput, batch: number): InputMemory {
  const shape = sampleShape(input, batch);
  const elements = elementsIn(shape);
  const all = elementsIn(input.dims);
  if (input.type === 'string') {
    return { kind: 'texts', input, shape, elements, data: Array.from({ length: all }, () => '') };
  }
  const element = ELEMENTS.get(input.type);
  if (element === undefined) {
    const known = [...ELEMENTS.keys(), 'string'].join(', ');
    throw new FeedError(
      ['inputs'],
      `found the type ${input.type} of the model's input ${input.name}, expected ${known}`,
    );
  }
  const buffer = new ArrayBuffer(all * element.bytes);
  return {
    kind: 'numbers',
    input,
    shape,
    elements,
    element,
    sampleBytes: elements * element.bytes,
    bytes: new Uint8Array(buffer),
    data: element.view(buffer, 0, all),
    values: element.values(buffer, 0, all),
  };
}

/**
 * Writes a value of JSON as sample `row` of a request.
 *
 * @throws Error `found …, expected …`.
 */
export function putJson(memory: InputMemory, row: number, value: unknown): void {
  const flat = flattened(value, memory.shape);
  const from = row * memory.elements;
  for (let i = 0; i < flat.length; i++) {
    const plain = flat[i] as (typeof flat)[number];
    if (memory.kind === 'numbers') memory.values[from + i] = elementOf(memory.element, plain);
    else if (typeof plain === 'string') memory.data[from + i] = plain;
    else throw new Error(`found ${plain}, expected text`);
  }
}
