import fc from 'fast-check';
import { encodeStrings } from '../../src/oip/bytes-elements.ts';
import { DATATYPE_NAMES, type DatatypeName, datatypeOf } from '../../src/oip/datatype.ts';
import type { InferRequest, InferResponse } from '../../src/oip/infer.ts';
import type { Tensor } from '../../src/oip/tensor.ts';

const shapes = fc.array(fc.nat(4), { maxLength: 3 });
const elementsOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Any tensor of any datatype. `text`: BYTES are UTF-8, and no floating-point value is other than a number. */
export const tensorArbitrary = (name: string, contents: 'any' | 'text'): fc.Arbitrary<Tensor> =>
  fc
    .tuple(fc.constantFrom(...DATATYPE_NAMES), shapes)
    .chain(([datatype, shape]) =>
      bytesArbitrary(datatype, elementsOf(shape), contents).map((bytes) => ({ name, datatype, shape, bytes })),
    );

function bytesArbitrary(datatype: DatatypeName, elements: number, contents: 'any' | 'text'): fc.Arbitrary<Uint8Array> {
  const { kind, width } = datatypeOf(datatype);
  if (kind === 'text') {
    const element = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed());
    return fc.array(element, { minLength: elements, maxLength: elements }).map(encodeStrings);
  }
  const size = { minLength: elements * width, maxLength: elements * width };
  if (kind === 'truth') return fc.uint8Array({ ...size, max: 1 });
  const any = fc.uint8Array(size);
  const isFloat = kind === 'half' || kind === 'brain' || kind === 'float';
  // Clearing the highest bit of the exponent leaves a finite number.
  return isFloat && contents === 'text' ? any.map((bytes) => finite(bytes, datatype)) : any;
}

function finite(bytes: Uint8Array, datatype: DatatypeName): Uint8Array {
  const { width } = datatypeOf(datatype);
  return bytes.map((byte, i) => (i % width === width - 1 ? byte & 0xbf : byte));
}

const parameter = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0.5),
);
const parameters = fc.dictionary(
  fc.string().filter((name) => !/^(__proto__|binary_data.*)$/.test(name)),
  parameter,
  { maxKeys: 3 },
);

const tensors = (contents: 'any' | 'text'): fc.Arbitrary<readonly Tensor[]> =>
  fc
    .uniqueArray(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 4 })
    .chain((names) => fc.tuple(...names.map((name) => tensorArbitrary(name, contents))));

export const requestArbitrary = (contents: 'any' | 'text'): fc.Arbitrary<InferRequest> =>
  fc.record({
    id: fc.string(),
    parameters,
    inputs: tensors(contents),
    outputs: fc.uniqueArray(fc.record({ name: fc.string(), parameters }), {
      selector: ({ name }) => name,
      maxLength: 3,
    }),
  });

export const responseArbitrary = (contents: 'any' | 'text'): fc.Arbitrary<InferResponse> =>
  fc.record({
    modelName: fc.string(),
    modelVersion: fc.string(),
    id: fc.string(),
    parameters,
    outputs: tensors(contents),
  });
