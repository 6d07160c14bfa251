import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPlaceList, parsePlaceList } from '../../../src/wire/place-list.ts';

test.each([
  [[0], '0'],
  [[0, 1, 2, 3, 7], '0-3,7'],
  [[3, 4, 9, 11, 12], '3-4,9,11-12'],
])('places %j are written %s', (places, text) => {
  expect(formatPlaceList(places)).toBe(text);
  expect(parsePlaceList(text)).toEqual(places);
});

test('whatever places there are come back in their order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(10_000), { minLength: 1, maxLength: 50 }), (places) => {
      expect(parsePlaceList(formatPlaceList(places))).toEqual(places);
    }),
  );
});

test('those of ten thousand agents are a few letters', () => {
  expect(formatPlaceList(Array.from({ length: 10_000 }, (_, index) => index))).toBe('0-9999');
});

test.each(['', 'x', '1,', '3-1', '-1', '1-', '0-100000000'])('%j is no list of places', (text) => {
  expect(parsePlaceList(text)).toBeNull();
});
