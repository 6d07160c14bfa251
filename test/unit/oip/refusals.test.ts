import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { ModelInferRequestSchema } from '../../../src/oip/gen/inference_pb.ts';
import { requestOfMessage } from '../../../src/oip/grpc-message.ts';
import { headerLengthOf } from '../../../src/oip/http-message.ts';
import { decodeRequest } from '../../../src/oip/http-request.ts';

const utf8 = new TextEncoder();
const http = (json: unknown, binary: Uint8Array | null = null): unknown => {
  const head = utf8.encode(typeof json === 'string' ? json : JSON.stringify(json));
  if (binary === null) return decodeRequest(head, null);
  return decodeRequest(Buffer.concat([head, binary]), head.byteLength);
};
const input = (over: object): object => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2], data: [1, 2], ...over }],
});

test.each([
  ['body: found no JSON', '{'],
  ['body: found JSON that is no object', '[1]'],
  ['inputs: found nothing, expected a list of tensors', {}],
  ['inputs: found 3, expected a list', { inputs: 3 }],
  ['inputs[0]: found 3, expected an object', { inputs: [3] }],
  ['inputs[0].name: found nothing, expected a text', input({ name: undefined })],
  ['inputs[0].datatype: found "FLOAT", expected one of BOOL, ', input({ datatype: 'FLOAT' })],
  ['inputs[0].shape: found "2", expected a list of whole numbers', input({ shape: '2' })],
  ['inputs[0].shape: found [-2], expected whole numbers of 0 or more', input({ shape: [-2] })],
  ['inputs[0].shape: found [1.5], expected whole numbers', input({ shape: [1.5] })],
  ['inputs[0].shape: found [94906266, 94906266, 2], which is more', input({ shape: [94906266, 94906266, 2] })],
  ['inputs[0].shape: found 65 dimensions', input({ shape: Array(65).fill(1) })],
  ['inputs[0].data: found 2 elements, expected 9007199254740991', input({ shape: [9007199254740991] })],
  ['inputs[0].data: found 2 elements, expected 3 for the shape [3]', input({ shape: [3] })],
  [
    'inputs[0].data: found a list of 1 in dimension 1, expected a list of 2',
    input({ shape: [2, 2], data: [[1, 2], [3]] }),
  ],
  ['inputs[0].data: found {…}, expected a list of elements', input({ data: {} })],
  ['inputs[0].data: found "1" at element 0, expected a value that FP32 holds', input({ data: ['1', 2] })],
  ['inputs[0].data: found 1e+39 at element 1, expected a value that FP32 holds', input({ data: [1, 1e39] })],
  [
    'inputs[0].data: found 256 at element 1, expected a value that UINT8 holds',
    input({ datatype: 'UINT8', data: [1, 256] }),
  ],
  ['inputs[0].data: found 2 at element 1, expected a value that BOOL holds', input({ datatype: 'BOOL', data: [1, 2] })],
  ['inputs[0].data: found 1 at element 0, expected a text', input({ datatype: 'BYTES', data: [1, '2'] })],
  [
    'inputs[0].data: found 65520 at element 0, expected a value that FP16 holds',
    input({ datatype: 'FP16', data: [65520, 1] }),
  ],
  [
    'inputs[1].name: found "x" a second time',
    { inputs: [1, 2].map(() => ({ name: 'x', datatype: 'FP32', shape: [1], data: [1] })) },
  ],
  ['request.parameters: found 3, expected an object', { ...input({}), parameters: 3 }],
  ['request.parameters.a: found null, expected a text', { ...input({}), parameters: { a: null } }],
  ['request.parameters.binary_data_output: found 1', { ...input({}), parameters: { binary_data_output: 1 } }],
  [
    'outputs[0].parameters.binary_data: found "y"',
    { ...input({}), outputs: [{ name: 'y', parameters: { binary_data: 'y' } }] },
  ],
  ['id: found 3, expected a text', { ...input({}), id: 3 }],
])('a JSON request is refused: %s', (sentence, json) => {
  expect(() => http(json)).toThrow(sentence);
});

test('INT64 and UINT64 keep every digit of JSON, and refuse what they do not hold', () => {
  const wide = (datatype: string, data: string): string =>
    `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[2],"data":${data}}]}`;
  const read = (text: string): BigInt64Array => {
    const { inputs } = http(text) as { inputs: { bytes: Uint8Array }[] };
    return new BigInt64Array(Uint8Array.from(inputs.flatMap(({ bytes }) => [...bytes])).buffer);
  };
  expect([...read(wide('INT64', '[9223372036854775807, -9223372036854775808]'))]).toEqual([
    2n ** 63n - 1n,
    -(2n ** 63n),
  ]);
  expect(() => http(wide('INT64', '[9223372036854775808, 0]'))).toThrow('found 9223372036854775808 at element 0');
  expect(() => http(wide('UINT64', '[0, -1]'))).toThrow('found -1 at element 1, expected a value that UINT64 holds');
  expect(() => http(wide('INT64', '[0, 1.5]'))).toThrow('found 1.5 at element 1');
});

const binary = (size: unknown, over: object = {}): object =>
  input({ data: undefined, parameters: { binary_data_size: size }, ...over });

test.each([
  ['inputs[0].parameters.binary_data_size: found -1, expected a number of bytes', binary(-1), 8],
  ['inputs[0].parameters.binary_data_size: found 8, but the body has 7 bytes left', binary(8), 7],
  ['inputs[0].parameters.binary_data_size: found 9007199254740991, but', binary(Number.MAX_SAFE_INTEGER), 8],
  ['inputs[0]: found 4 bytes, expected 8 for FP32 [2]', binary(4), 4],
  ['inputs[0]: found 12 bytes, expected 8 for FP32 [2]', binary(12), 12],
  ['inputs[0]: found both data and binary_data_size', binary(8, { data: [1, 2] }), 8],
  ['body: found 9 bytes of binary tensors, expected 8 as inputs say', binary(8), 9],
  ['inputs[0]: an element of BYTES at byte 0 ends beyond', binary(8, { datatype: 'BYTES' }), 8],
  ['inputs[0]: found 0 elements of BYTES, expected 2', binary(0, { datatype: 'BYTES' }), 0],
])('a binary request is refused: %s', (sentence, json, bytes) => {
  expect(() => http(json, new Uint8Array(bytes).fill(255))).toThrow(sentence);
});

test('a header length beyond the body or of no digits is refused', () => {
  expect(() => decodeRequest(utf8.encode('{}'), 3)).toThrow(
    'Inference-Header-Content-Length: found 3, but the body has 2',
  );
  for (const odd of ['', '-1', '1.5', '0x10', '1e3', '99999999999999999999', '3, 3']) {
    expect(() => headerLengthOf(odd), odd).toThrow('expected a number of bytes');
  }
  expect([headerLengthOf(undefined), headerLengthOf('12')]).toEqual([null, 12]);
});

const grpc = (over: object, top: object = {}): unknown =>
  requestOfMessage(
    create(ModelInferRequestSchema, { inputs: [{ name: 'x', datatype: 'INT8', shape: [2n], ...over }], ...top }),
  );

test.each([
  ['inputs[0].shape: found [-2], expected', { shape: [-2n] }, {}],
  ['inputs[0].shape: found 9223372036854775807, expected', { shape: [2n ** 63n - 1n] }, {}],
  ['inputs[0]: found no contents', {}, {}],
  ['inputs[0]: found 1 bytes, expected 2 for INT8 [2]', {}, { rawInputContents: [new Uint8Array(1)] }],
  [
    'raw_input_contents: found 2, expected one for each of the 1 inputs',
    {},
    { rawInputContents: [new Uint8Array(2), new Uint8Array(2)] },
  ],
  [
    'inputs[0]: found both contents and raw contents',
    { contents: { intContents: [1, 2] } },
    { rawInputContents: [new Uint8Array(2)] },
  ],
  [
    'inputs[0]: found contents in uint_contents, expected INT8 in int_contents',
    { contents: { uintContents: [1, 2] } },
    {},
  ],
  ['inputs[0]: found 1 elements in int_contents, expected 2', { contents: { intContents: [1] } }, {}],
  ['inputs[0]: found 128 at element 1, expected a value that INT8 holds', { contents: { intContents: [1, 128] } }, {}],
  ['inputs[0]: FP16 has no typed contents', { datatype: 'FP16', contents: { intContents: [1, 2] } }, {}],
  ['inputs[0].datatype: found "", expected one of', { datatype: '' }, {}],
  ['request.parameters.a: found no value', { contents: { intContents: [1, 2] } }, { parameters: { a: {} } }],
  ['inputs: found none', {}, { inputs: [] }],
])('a gRPC request is refused: %s', (sentence, over, top) => {
  expect(() => grpc(over, top)).toThrow(sentence);
});
