import { expect, test } from 'vitest';
import { brainOfFloats, floatsOfBrain } from '../../../src/oip/brain-floats.ts';
import { fromBrain, toBrain } from '../../../src/oip/elements-view.ts';

const EVERY = Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits);
const hex = (bits: ArrayLike<number>): string[] => Array.from(bits, (each) => each.toString(16));

test('every value of bfloat16 is the float32 that it stands for', () => {
  const known = floatsOfBrain(Uint16Array.of(0x3f80, 0xc049, 0x8000, 0x7f80, 0xff80, 0x0001, 0x7f7f));
  const largest = (2 - 2 ** -7) * 2 ** 127;
  const infinity = Number.POSITIVE_INFINITY;
  expect([...known]).toEqual([1, -3.140625, -0, infinity, -infinity, 2 ** -133, largest]);
  expect([...floatsOfBrain(EVERY)]).toEqual(Array.from(EVERY, fromBrain));
});

test('every bfloat16 comes back from float32 bit for bit; what is no number keeps its sign and is quiet', () => {
  const isNumber = (bits: number): boolean => (bits & 0x7fff) <= 0x7f80;
  const expected = EVERY.map((bits) => (isNumber(bits) ? bits : bits | 0x40));
  expect(hex(brainOfFloats(floatsOfBrain(EVERY)))).toEqual(hex(expected));
});

test('a float32 between two values of bfloat16 becomes the nearest, of two as near the even one', () => {
  const between = Float32Array.of(1.00390625, 1.01171875, -1.005, 3.4e38, -3.4e38, 2 ** -134, 2 ** -149, -1e-45);
  expect(hex(brainOfFloats(between))).toEqual(hex([...between].map(toBrain)));
  expect(hex(brainOfFloats(between.subarray(1, 3)))).toEqual(['3f82', 'bf81']);
});

test('the least of what is no number does not become an infinity', () => {
  const words = Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff);
  expect(hex(brainOfFloats(new Float32Array(words.buffer)))).toEqual(['7fc0', 'ffc0', '7fff']);
});
