import { expect, test } from 'vitest';
import type { ModelTensor } from '../../../src/models/inspect.ts';
import { bindInputs } from '../../../src/targets/onnx-shapes.ts';

const input = (name: string, shape: readonly (number | string)[]): ModelTensor => ({
  name,
  type: 'float32',
  shape,
  rows: null,
});

const dims = (inputs: readonly ModelTensor[], batch: number, bind: Record<string, number> = {}) =>
  bindInputs(inputs, { batch, bind }).map((bound) => bound.dims);

test('a free first dimension takes the batch, whatever its name, and the same name the same size elsewhere', () => {
  expect(dims([input('image', ['N', 3, 8, 8])], 4)).toEqual([[4, 3, 8, 8]]);
  expect(dims([input('image', ['?', 3])], 4)).toEqual([[4, 3]]);
  expect(dims([input('a', ['N', 3]), input('b', [2, 'N'])], 5)).toEqual([
    [5, 3],
    [2, 5],
  ]);
});

test('bound names and nameless dimensions get their sizes', () => {
  expect(dims([input('ids', ['N', 'S'])], 2, { S: 128 })).toEqual([[2, 128]]);
  expect(dims([input('ids', ['N', '?'])], 2, { 'ids.1': 64 })).toEqual([[2, 64]]);
  expect(dims([input('frames', ['S', 'N', 40])], 8, { S: 100, N: 8 })).toEqual([[100, 8, 40]]);
});

test('a scalar input stays one', () => {
  expect(dims([input('temperature', [])], 1)).toEqual([[]]);
});

test('a free dimension without a size names bind', () => {
  expect(() => dims([input('ids', ['N', 'S'])], 1)).toThrow(
    "bind: dimension 1 of the model's input ids is free and has no size; give it one, for example bind: { S: 128 }",
  );
  expect(() => dims([input('ids', ['N', '?'])], 1)).toThrow('for example bind: { "ids.1": 128 }');
});

test('a bound name that the model does not have is told the ones it has', () => {
  expect(() => dims([input('ids', ['N', 'S'])], 1, { S: 8, T: 8 })).toThrow(
    "bind.T: the model's inputs have no dimension of this name; its free dimensions are N, S",
  );
  expect(() => dims([input('x', [1])], 1, { N: 1 })).toThrow('it has no free dimension');
});

test('a batch that no input can carry is refused, one that a fixed shape happens to have is not', () => {
  expect(() => dims([input('x', [1, 3])], 4)).toThrow(
    'batch: found 4, but no input of the model takes it (x [1, 3]); use a model whose first dimension is free',
  );
  expect(() => dims([input('x', [1, 4])], 4)).toThrow('batch: found 4');
  expect(() => dims([input('x', ['N', 3])], 4, { N: 2 })).toThrow('batch: found 4');
  expect(dims([input('x', [4, 3])], 4)).toEqual([[4, 3]]);
});
