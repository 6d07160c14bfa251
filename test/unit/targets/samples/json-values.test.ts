import { expect, test } from 'vitest';
import { ELEMENTS, type Element } from '../../../../src/targets/elements.ts';
import { elementOf, endsIn, flattened } from '../../../../src/targets/samples/json-values.ts';

const element = (type: string): Element => {
  const found = ELEMENTS.get(type);
  if (found === undefined) throw new Error(type);
  return found;
};

test('values stand nested, nested with leading ones, flat, or alone', () => {
  const nested = [
    [1, 2, 3],
    [4, 5, 6],
  ];
  expect(flattened(nested, [2, 3])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(flattened([[nested]], [2, 3])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(flattened([1, 2, 3, 4, 5, 6], [2, 3])).toEqual([1, 2, 3, 4, 5, 6]);
  expect(flattened(7, [])).toEqual([7]);
  expect(flattened(7, [1, 1])).toEqual([7]);
  expect(flattened(['a', 'b'], [2])).toEqual(['a', 'b']);
});

test.each([
  [[1, 2], [3], 'found values of shape [2], expected [3]'],
  [[1, 2, 3, 4], [3], 'found more than 3 values, expected 3'],
  [
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    [2, 3],
    'found values of shape [3, 2], expected [2, 3]',
  ],
  [[1, null], [2], 'found null, expected a number, true, false or text'],
  [{ a: 1 }, [1], 'found a map, expected a number, true, false or text'],
  [[], [1], 'found values of shape [0], expected [1]'],
])('%j is no tensor of shape %j', (value, shape, message) => {
  expect(() => flattened(value, shape)).toThrow(message);
});

test('a huge list is given up as soon as it is too long', () => {
  const deep = Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, () => 0));
  expect(() => flattened(deep, [2])).toThrow('found more than 2 values');
});

test('shapes agree but for leading ones', () => {
  expect(endsIn([1, 1, 3, 4], [3, 4])).toBe(true);
  expect(endsIn([], [1])).toBe(true);
  expect(endsIn([3, 1], [3])).toBe(false);
  expect(endsIn([4, 3], [3, 4])).toBe(false);
});

test('every type takes what it holds', () => {
  expect(elementOf(element('float32'), 1.5)).toBe(1.5);
  expect(elementOf(element('float64'), 'NaN')).toBeNaN();
  expect(elementOf(element('float16'), '-Infinity')).toBe(Number.NEGATIVE_INFINITY);
  expect(elementOf(element('uint8'), 255)).toBe(255);
  expect(elementOf(element('bool'), true)).toBe(1);
  expect(elementOf(element('bool'), 0)).toBe(0);
  expect(elementOf(element('int64'), 5)).toBe(5n);
  expect(elementOf(element('int64'), '-9223372036854775808')).toBe(-9223372036854775808n);
  expect(elementOf(element('uint64'), '18446744073709551615')).toBe(18446744073709551615n);
});

test.each([
  ['float32', 1e39, 'found 1e+39, expected a number that float32 holds'],
  ['float16', 65_520, 'found 65520, expected a number that float16 holds'],
  ['float32', '1.5', 'found "1.5", expected a number'],
  ['float32', true, 'found true, expected a number'],
  ['uint8', 256, 'found 256, expected a whole number that uint8 holds'],
  ['int8', -129, 'found -129, expected a whole number that int8 holds'],
  ['int32', 1.5, 'found 1.5, expected a whole number that int32 holds'],
  ['bool', 2, 'found 2, expected true or false'],
  ['int64', 2 ** 53, 'beyond 2^53 write it as text'],
  ['int64', '9223372036854775808', 'expected a whole number that int64 holds'],
  ['uint64', -1, 'expected a whole number that uint64 holds'],
  ['int64', '0x10', 'expected a whole number that int64 holds'],
])('%s does not take %j', (type, value, message) => {
  expect(() => elementOf(element(type), value)).toThrow(message);
});
