import { expect, test } from 'vitest';
import { encodeStrings, splitTexts, textEnds } from '../../../src/oip/bytes-elements.ts';
import { configName, DATATYPES, datatypeOf, datatypeOfOnnx } from '../../../src/oip/datatype.ts';
import { elementsView, fromBrain, toBrain } from '../../../src/oip/elements-view.ts';
import { INFERENCE_SERVICE, inferenceMethods, TORCHSERVE_SERVICE } from '../../../src/oip/grpc-methods.ts';
import { dataText } from '../../../src/oip/json-data.ts';
import { ELEMENTS } from '../../../src/targets/elements.ts';

test('every element type of the targets has a datatype of the same width, and every datatype but BF16 an element type', () => {
  for (const [name, { bytes }] of ELEMENTS) expect(datatypeOfOnnx(name)?.width, name).toBe(bytes);
  const without = [...DATATYPES.values()].filter(({ onnx }) => !ELEMENTS.has(onnx) && onnx !== 'string');
  expect(without.map(({ name }) => name)).toEqual(['BF16']);
  expect(datatypeOfOnnx('complex64')).toBeNull();
});

test("Triton's numbers and names of datatypes are those of its model_config.proto", () => {
  const numbers = Object.fromEntries([...DATATYPES.values()].map((type) => [configName(type), type.config]));
  expect(numbers).toEqual({
    TYPE_BOOL: 1,
    TYPE_UINT8: 2,
    TYPE_UINT16: 3,
    TYPE_UINT32: 4,
    TYPE_UINT64: 5,
    TYPE_INT8: 6,
    TYPE_INT16: 7,
    TYPE_INT32: 8,
    TYPE_INT64: 9,
    TYPE_FP16: 10,
    TYPE_FP32: 11,
    TYPE_FP64: 12,
    TYPE_STRING: 13,
    TYPE_BF16: 14,
  });
});

test('bfloat16 is the upper half of a float32, rounded to the nearest, ties to even', () => {
  const known: [number, number][] = [
    [1, 0x3f80],
    [-2, 0xc000],
    [3.140625, 0x4049],
    [Number.POSITIVE_INFINITY, 0x7f80],
    [1.00390625, 0x3f80],
    [1.01171875, 0x3f82],
    [3.4e38, 0x7f80],
    [0, 0],
  ];
  for (const [value, bits] of known) expect(toBrain(value).toString(16), String(value)).toBe(bits.toString(16));
  expect(Number.isNaN(fromBrain(toBrain(Number.NaN)))).toBe(true);
  expect([fromBrain(0x4049), fromBrain(0xc000)]).toEqual([3.140625, -2]);
});

test('elements are read wherever they begin in a message', () => {
  const message = new Uint8Array(13);
  new DataView(message.buffer).setFloat64(3, 1.5, true);
  expect([...(elementsView(datatypeOf('FP64'), message.subarray(3, 11)) as Float64Array)]).toEqual([1.5]);
});

test('BYTES are lengths and bytes, and can be cut after any number of elements', () => {
  const bytes = encodeStrings(['a', '', 'ü']);
  expect([...bytes]).toEqual([1, 0, 0, 0, 97, 0, 0, 0, 0, 2, 0, 0, 0, 195, 188]);
  expect(splitTexts(bytes).map((text) => Buffer.from(text).toString())).toEqual(['a', '', 'ü']);
  expect(textEnds(bytes, 1)).toEqual([5, 9, 15]);
  expect(textEnds(encodeStrings(['a', 'b', 'c', 'd']), 2)).toEqual([10, 20]);
});

test('values that JSON has no number for are written so that a reader of doubles gets them', () => {
  const bytes = new Uint8Array(
    Float32Array.of(1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0).buffer,
  );
  const text = dataText('y', { name: 'y', datatype: 'FP32', shape: [5], bytes });
  expect(text).toBe('[1,1e999,-1e999,null,-0]');
  expect(JSON.parse(text).slice(0, 3)).toEqual([1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

test('the service is called by the name that a server has for it', () => {
  expect(inferenceMethods().modelInfer.path).toBe(`/${INFERENCE_SERVICE}/ModelInfer`);
  expect(inferenceMethods(TORCHSERVE_SERVICE).serverLive.path).toBe(
    '/org.pytorch.serve.grpc.openinference.GRPCInferenceService/ServerLive',
  );
});
