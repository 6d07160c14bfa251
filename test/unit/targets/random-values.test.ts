import { expect, test } from 'vitest';
import type { RandomLaws, ValueLaw } from '../../../src/campaign/inputs-spec.ts';
import { stream } from '../../../src/scenarios/rng.ts';
import { ELEMENTS, type Element } from '../../../src/targets/elements.ts';
import type { BoundInput } from '../../../src/targets/onnx-shapes.ts';
import { drawText, fillRandom, lawsFor } from '../../../src/targets/random-values.ts';

const COUNT = 20_000;

function drawn(type: string, law: ValueLaw): number[] {
  const element = ELEMENTS.get(type) as Element;
  const buffer = new ArrayBuffer(COUNT * element.bytes);
  fillRandom(element, law, buffer, stream('7', 'values'), null);
  return Array.from(element.values(buffer, 0, COUNT) as ArrayLike<number | bigint>, Number);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]): number => {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
};

test('a range is filled evenly from its least value to below the other', () => {
  const values = drawn('float32', { kind: 'uniform', from: -3, to: 5 });
  expect(Math.min(...values)).toBeGreaterThanOrEqual(-3);
  expect(Math.min(...values)).toBeLessThan(-2.99);
  expect(Math.max(...values)).toBeLessThanOrEqual(5);
  expect(Math.max(...values)).toBeGreaterThan(4.99);
  expect(mean(values)).toBeCloseTo(1, 1);
});

test.each(['int64', 'uint64', 'int32', 'uint16', 'uint8', 'int8'])(
  'whole numbers of type %s stay below the range',
  (type) => {
    const values = drawn(type, { kind: 'uniform', from: 2, to: 7 });
    expect(new Set(values)).toEqual(new Set([2, 3, 4, 5, 6]));
    expect(mean(values)).toBeCloseTo(4, 1);
  },
);

test('64 bits hold values beyond 2^31, and below zero', () => {
  const values = drawn('int64', { kind: 'uniform', from: -(2 ** 50), to: 2 ** 50 });
  expect(Math.min(...values)).toBeLessThan(-(2 ** 49));
  expect(Math.max(...values)).toBeGreaterThan(2 ** 49);
});

test('normal values have their mean and deviation, and keep to bounds', () => {
  const free = drawn('float64', { kind: 'normal', mean: 10, deviation: 3, from: null, to: null });
  expect(mean(free)).toBeCloseTo(10, 0);
  expect(deviation(free)).toBeCloseTo(3, 1);
  const within = free.filter((value) => Math.abs(value - 10) < 3).length / free.length;
  expect(within).toBeCloseTo(0.6827, 2);
  const bounded = drawn('float64', { kind: 'normal', mean: 10, deviation: 3, from: 9, to: 10 });
  expect(Math.min(...bounded)).toBeGreaterThanOrEqual(9);
  expect(Math.max(...bounded)).toBeLessThanOrEqual(10);
  expect(bounded.filter((value) => value === 9 || value === 10)).toHaveLength(0);
  const far = drawn('float32', { kind: 'normal', mean: 0, deviation: 1, from: 50, to: 60 });
  expect(new Set(far)).toEqual(new Set([50]));
});

test('normal whole numbers are rounded to the nearest that the type holds', () => {
  const values = drawn('uint8', { kind: 'normal', mean: 2, deviation: 5, from: null, to: null });
  expect(values.every(Number.isInteger)).toBe(true);
  expect(Math.min(...values)).toBe(0);
  expect(mean(drawn('int64', { kind: 'normal', mean: 0.5, deviation: 20, from: null, to: null }))).toBeCloseTo(0.5, 0);
});

test('a constant is everywhere, true is one, and texts have their length', () => {
  expect(new Set(drawn('float16', { kind: 'constant', value: 0.5 }))).toEqual(new Set([0.5]));
  expect(new Set(drawn('int64', { kind: 'constant', value: -4 }))).toEqual(new Set([-4]));
  expect(new Set(drawn('bool', { kind: 'constant', value: true }))).toEqual(new Set([1]));
  const rng = stream('7', 'texts');
  expect(drawText({ kind: 'text', length: 40 }, rng)).toMatch(/^[a-z]{40}$/);
  expect(drawText({ kind: 'constant', value: 'same' }, rng)).toBe('same');
  expect(drawText(null, rng)).not.toBe(drawText(null, rng));
});

const input = (name: string, type: string): BoundInput => ({ name, type, dims: [1], rows: null });
const all = [input('pixels', 'float32'), input('ids', 'int64'), input('mask', 'bool'), input('words', 'string')];
const laws = (given: RandomLaws): unknown[] => [...lawsFor(all, given).values()];

test('a general law is for numbers, a constant for what it fits, and an input’s own law goes before both', () => {
  const range = { kind: 'uniform', from: 0, to: 9 } as const;
  expect(laws({})).toEqual([null, null, null, null]);
  expect(laws({ law: range, length: 3 })).toEqual([range, range, null, { kind: 'text', length: 3 }]);
  const truth = { kind: 'constant', value: true } as const;
  expect(laws({ law: truth })).toEqual([null, null, truth, null]);
  expect(laws({ law: range, tensors: { ids: { kind: 'constant', value: 1 } } })[1]).toEqual({
    kind: 'constant',
    value: 1,
  });
});

test.each([
  [
    { tensors: { pixel: { kind: 'constant', value: 1 } } },
    'inputs.random.tensors.pixel: found pixel, expected an input of the model: pixels, ids, mask, words',
  ],
  [
    { tensors: { ids: { kind: 'constant', value: 1.5 } } },
    'inputs.random.tensors.ids: found the constant 1.5, expected a value that int64 holds',
  ],
  [{ tensors: { ids: { kind: 'uniform', from: 0.2, to: 0.8 } } }, 'found [0.2, 0.8], which holds no whole number'],
  [
    { tensors: { mask: { kind: 'uniform', from: 0, to: 2 } } },
    'found a law of numbers for an input of true and false, expected constant: true or false',
  ],
  [{ tensors: { words: { kind: 'uniform', from: 0, to: 2 } } }, 'expected length or a constant text'],
  [{ tensors: { pixels: { kind: 'text', length: 2 } } }, 'found a length for an input of float32'],
  [
    { law: { kind: 'uniform', from: 0, to: 1e39 } },
    'inputs.random: found [0, 1e+39], expected a range that float32 holds',
  ],
] as const)('%j does not fit', (given, message) => {
  expect(() => laws(given)).toThrow(message);
});

test('a whole range may end one above the greatest value', () => {
  const bytes = [input('x', 'uint8')];
  expect(lawsFor(bytes, { law: { kind: 'uniform', from: 0, to: 256 } }).get('x')).toMatchObject({ to: 256 });
  expect(() => lawsFor(bytes, { law: { kind: 'uniform', from: 0, to: 257 } })).toThrow('that uint8 holds: 0 to 255');
});
