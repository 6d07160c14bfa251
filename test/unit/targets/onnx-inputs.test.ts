import { expect, test } from 'vitest';
import { type Feeds, randomInputs } from '../../../src/targets/onnx-inputs.ts';
import type { BoundInput } from '../../../src/targets/onnx-shapes.ts';

const MIB = 1024 * 1024;

const input = (type: string, dims: readonly number[], rows: number | null = null, name = 'x'): BoundInput => ({
  name,
  type,
  dims,
  rows,
});

const values = (feeds: Feeds | undefined, name = 'x'): number[] => {
  const tensor = feeds?.[name];
  const drawn = Array.from(tensor?.data as ArrayLike<number | bigint>, Number);
  return tensor?.type === 'float16' ? drawn.map(ofHalf) : drawn;
};

/** The value of a normal IEEE 754 half, or zero. */
const ofHalf = (bits: number): number =>
  bits === 0 ? 0 : (1 + (bits & 0x3ff) / 1024) * 2 ** (((bits >> 10) & 0x1f) - 15);

const memory = (feeds: Feeds): Float32Array => feeds.x?.data as Float32Array;

const spread = (type: string, rows: number | null = null): { least: number; most: number; whole: boolean } => {
  const drawn = values(randomInputs([input(type, [4000], rows)], 1).feeds[0]);
  return { least: Math.min(...drawn), most: Math.max(...drawn), whole: drawn.every(Number.isInteger) };
};

test('the same inputs hold the same values whoever makes them, others do not', () => {
  const pool = randomInputs([input('float32', [2, 3])], 8);
  expect(pool.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(randomInputs([input('float32', [2, 3])], 8).digest).toBe(pool.digest);
  expect(randomInputs([input('float32', [3, 2])], 8).digest).not.toBe(pool.digest);
  expect(randomInputs([input('float32', [2, 3], null, 'y')], 8).digest).not.toBe(pool.digest);
});

test('a small pool holds samples that share no value', () => {
  const { feeds } = randomInputs([input('float32', [1, 16])], 64);
  const all = feeds.flatMap((feed) => values(feed));
  expect(all).toHaveLength(64 * 16);
  expect(new Set(all).size).toBe(all.length);
});

test('a large pool keeps to its memory and still has no two samples alike', () => {
  const { feeds } = randomInputs([input('float32', [1, 3, 224, 224])], 1024);
  const buffers = new Set(feeds.map((feed) => memory(feed).buffer));
  expect(buffers.size).toBe(1);
  expect([...buffers][0]?.byteLength).toBeLessThanOrEqual(16 * MIB);
  const starts = feeds.map((feed) => memory(feed).byteOffset);
  expect(new Set(starts).size).toBe(1024);
  expect(starts.every((start) => start % 64 === 0)).toBe(true);
});

test('one sample above the pool’s memory is still served, shifted by one element for each', () => {
  const { feeds } = randomInputs([input('uint8', [5 * MIB])], 3);
  expect(feeds.map((feed) => memory(feed).byteOffset)).toEqual([0, 1, 2]);
});

test('values of every type keep to the range that is stated for it', () => {
  for (const type of ['float32', 'float64', 'float16']) {
    const { least, most, whole } = spread(type);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(least).toBeLessThan(0.01);
    expect(most).toBeLessThan(1);
    expect(most).toBeGreaterThan(0.99);
    expect(whole).toBe(false);
  }
  expect(spread('uint8')).toEqual({ least: 0, most: 255, whole: true });
  expect(spread('int8')).toEqual({ least: -128, most: 127, whole: true });
  for (const type of ['bool', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64']) {
    expect(spread(type)).toEqual({ least: 0, most: 1, whole: true });
  }
});

test('halves are spread evenly over the multiples of 1/1024', () => {
  const drawn = values(randomInputs([input('float16', [20_000])], 1).feeds[0]);
  expect(drawn.every((value) => Number.isInteger(value * 1024))).toBe(true);
  expect(new Set(drawn).size).toBe(1024);
  expect(drawn.reduce((sum, value) => sum + value, 0) / drawn.length).toBeCloseTo(0.5, 2);
});

test('whole numbers that select rows stay below their number', () => {
  for (const type of ['int32', 'int64', 'uint32', 'uint64', 'int8']) {
    expect(spread(type, 7)).toEqual({ least: 0, most: 6, whole: true });
  }
  expect(spread('int64', 30_522).most).toBeGreaterThan(30_000);
});

test('inputs of several names each have their own values', () => {
  const { feeds } = randomInputs([input('float32', [8], null, 'a'), input('float32', [8], null, 'b')], 2);
  expect(Object.keys(feeds[0] ?? {})).toEqual(['a', 'b']);
  expect(values(feeds[0], 'a')).not.toEqual(values(feeds[0], 'b'));
});

test('a type without random values and a pool beyond all bounds are refused', () => {
  expect(() => randomInputs([input('complex64', [1])], 1)).toThrow(
    "inputs: found the type complex64 of the model's input x, expected float32",
  );
  expect(() => randomInputs([input('float32', [1])], 100_000)).toThrow(
    'inputs.random.samples: found 100000, expected at most 65536',
  );
  expect(() => randomInputs([input('float32', [1024, 1024, 1024])], 1)).toThrow(
    'model input x [1024, 1024, 1024]: 4294967296 bytes, expected at most 2147483648',
  );
});
