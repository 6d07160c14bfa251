import { expect, test } from 'vitest';
import { describeDifference, firstDifference } from '../../../../src/targets/samples/difference.ts';

const EXACT = { absolute: 0, relative: 0 };
const LOOSE = { absolute: 0.01, relative: 0.1 };

test('a number may differ by the absolute and the relative part together, and by no more', () => {
  expect(firstDifference([100 + 10.0, 0], 0, [100, 0.01], LOOSE)).toBe(-1);
  expect(firstDifference([100 + 10.02, 0], 0, [100, 0], LOOSE)).toBe(0);
  expect(firstDifference([100 - 10.02], 0, [100], LOOSE)).toBe(0);
  expect(firstDifference([-100 + 10], 0, [-100], LOOSE)).toBe(-1);
  expect(firstDifference([1, 2, 3.5], 0, [1, 2, 3], LOOSE)).toBe(2);
  expect(firstDifference([1, 1 + 1e-12], 0, [1, 1], EXACT)).toBe(1);
});

test('what is found counts from the sample’s own place', () => {
  expect(firstDifference([9, 9, 1, 2], 2, [1, 2], EXACT)).toBe(-1);
  expect(firstDifference([9, 9, 1, 2], 2, [1, 3], EXACT)).toBe(1);
});

test('NaN and infinities must be where they are expected', () => {
  const [nan, inf] = [Number.NaN, Number.POSITIVE_INFINITY];
  expect(firstDifference([nan, inf, -inf], 0, [nan, inf, -inf], LOOSE)).toBe(-1);
  expect(firstDifference([nan], 0, [1], LOOSE)).toBe(0);
  expect(firstDifference([1], 0, [nan], LOOSE)).toBe(0);
  expect(firstDifference([5], 0, [inf], LOOSE)).toBe(0);
  expect(firstDifference([inf], 0, [5], LOOSE)).toBe(0);
  expect(firstDifference([-inf], 0, [inf], LOOSE)).toBe(0);
  expect(firstDifference([nan, inf], 0, ['NaN', 'Infinity'], LOOSE)).toBe(-1);
});

test('64 bits, truths and texts agree with what JSON and other types write for them', () => {
  expect(firstDifference([7n, 2n ** 60n], 0, [7, String(2n ** 60n)], EXACT)).toBe(-1);
  expect(firstDifference([2n ** 60n], 0, [2n ** 60n + 1n], EXACT)).toBe(0);
  expect(firstDifference([7], 0, [7n], EXACT)).toBe(-1);
  expect(firstDifference([1, 0], 0, [true, false], EXACT)).toBe(-1);
  expect(firstDifference([1], 0, [false], EXACT)).toBe(0);
  expect(firstDifference(['cat'], 0, ['cat'], EXACT)).toBe(-1);
  expect(firstDifference(['cat'], 0, ['dog'], LOOSE)).toBe(0);
  expect(firstDifference([0], 0, [''], LOOSE)).toBe(0);
});

test('a difference is described by its place, what was found and what is tolerated', () => {
  const found = { type: 'float32', dims: [2, 3, 4], data: Array.from({ length: 24 }, (_, i) => i) };
  expect(describeDifference(found, 12, 7, [0, 0, 0, 0, 0, 0, 0, 50], LOOSE)).toBe(
    ' [1, 1, 3]: found 19, expected 50 ± 5.01',
  );
  expect(describeDifference({ type: 'int64', dims: [1], data: [5n] }, 0, 0, [6], EXACT)).toBe(
    ' [0]: found 5, expected 6',
  );
});
