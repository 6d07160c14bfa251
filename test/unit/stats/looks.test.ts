import { expect, test } from 'vitest';
import { confidenceAt, EARLY_LOOK, LAST_LOOK, LOOKS } from '../../../src/stats/looks.ts';

test('all looks together spend the error of one', () => {
  for (const confidence of [0.9, 0.99, 0.999]) {
    const spent = LOOKS.reduce((sum, look) => sum + 1 - confidenceAt(confidence, look), 0);
    expect(spent).toBeCloseTo(1 - confidence, 12);
  }
});

test('looks come in the order of what they see, the last one at the end, and the first must be surest', () => {
  expect(LOOKS.map(({ number }) => number)).toEqual([1, 2]);
  expect(EARLY_LOOK.part).toBe(0.5);
  expect(LAST_LOOK.part).toBe(1);
  expect(confidenceAt(0.99, EARLY_LOOK)).toBeCloseTo(0.999, 12);
  expect(confidenceAt(0.99, LAST_LOOK)).toBeCloseTo(0.991, 12);
});
