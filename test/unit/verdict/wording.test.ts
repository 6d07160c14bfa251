import { expect, test } from 'vitest';
import { digits, inPercent } from '../../../src/verdict/wording.ts';

test.each([
  [0, '0'],
  [1.178e-32, '0'],
  [-3e-9, '0'],
  [0.000_012_34, '0.00001234'],
  [12.345_67, '12.35'],
  [1_234_567.8, '1234568'],
])('%s reads %s in a sentence, without an exponent', (value, text) => {
  expect(digits(value)).toBe(text);
});

test('a share reads in percent', () => {
  expect(inPercent(0.048_312)).toBe('4.831 %');
});
