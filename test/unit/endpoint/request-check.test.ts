import { expect, test } from 'vitest';
import { fitted } from '../../../src/endpoint/request-check.ts';
import { type Signature, signatureOf, whyNotBatched } from '../../../src/endpoint/signature.ts';
import type { InferRequest } from '../../../src/oip/infer.ts';
import type { Tensor } from '../../../src/oip/tensor.ts';

const facts = (inputs: readonly [string, string, readonly (number | string)[]][]) => ({
  inputs: inputs.map(([name, type, shape]) => ({ name, type, shape, rows: null })),
  outputs: [{ name: 'y', type: 'float32', shape: ['N', 2], rows: null }],
});
const signature: Signature = signatureOf(
  facts([
    ['x', 'float32', ['N', 3]],
    ['mask', 'bool', ['N', 'T']],
    ['ids', 'int64', ['N', 'T']],
  ]),
);

const tensor = (name: string, datatype: Tensor['datatype'], shape: readonly number[], fill = 0): Tensor => ({
  name,
  datatype,
  shape,
  bytes: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(fill),
});
const good: InferRequest = {
  id: '',
  parameters: {},
  inputs: [tensor('ids', 'INT64', [2, 4]), tensor('x', 'FP32', [2, 3]), tensor('mask', 'BOOL', [2, 4], 1)],
  outputs: [],
};
const instead = (name: string, by: Tensor | null): InferRequest => ({
  ...good,
  inputs: good.inputs.flatMap((input) => (input.name !== name ? [input] : by === null ? [] : [by])),
});

test('inputs come in the order of the model, whatever the order of the request', () => {
  expect(fitted(signature, good).map(({ name }) => name)).toEqual(['x', 'mask', 'ids']);
});

test.each([
  ['expected also mask (BOOL)', instead('mask', null)],
  ['input x: found FP64, expected FP32', instead('x', tensor('x', 'FP64', [2, 3]))],
  [
    'input x: found the shape [2, 4], expected [-1, 3], where -1 is any size above 0',
    instead('x', tensor('x', 'FP32', [2, 4])),
  ],
  ['input x: found the shape [3], expected [-1, 3]', instead('x', tensor('x', 'FP32', [3]))],
  ['input x: found the shape [0, 3], expected', instead('x', tensor('x', 'FP32', [0, 3]))],
  ['input ids: found 5 in dimension 1 (T), but input mask has 4 there', instead('ids', tensor('ids', 'INT64', [2, 5]))],
  ['input mask: found the byte 2 at element 0, expected 0 or 1', instead('mask', tensor('mask', 'BOOL', [2, 4], 2))],
  [
    'inputs[3].name: found "z", but the model has inputs x, mask, ids',
    { ...good, inputs: [...good.inputs, tensor('z', 'FP32', [1])] },
  ],
  ['outputs[0].name: found "z", but the model has outputs y', { ...good, outputs: [{ name: 'z', parameters: {} }] }],
  [
    'outputs[0].parameters.classification: found an extension',
    { ...good, outputs: [{ name: 'y', parameters: { classification: 3 } }] },
  ],
  ['request.parameters.sequence_id: found an extension', { ...good, parameters: { sequence_id: 1 } }],
])('a request that does not fit the model is refused: %s', (sentence, request) => {
  expect(() => fitted(signature, request)).toThrow(sentence);
});

test('only a model whose inputs and outputs all have a free first dimension can be batched', () => {
  expect(whyNotBatched(signature)).toBeNull();
  expect(whyNotBatched(signatureOf(facts([['x', 'float32', [1, 3]]])))).toContain(
    "the model's input x [1, 3] has no free first dimension",
  );
});

test('a model of a type that the protocol does not have is refused before anything is opened', () => {
  expect(() => signatureOf(facts([['x', 'complex64', [1]]]))).toThrow(
    'input x is of type complex64, which cannot be served',
  );
});
