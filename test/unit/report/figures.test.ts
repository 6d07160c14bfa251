import { expect, test } from 'vitest';
import {
  boundText,
  countText,
  estimateText,
  figureText,
  lengthText,
  needsText,
  percentText,
  quantityText,
  valueText,
} from '../../../src/report/figures.ts';
import { observed } from '../../../src/stats/estimate.ts';

test.each([
  [0, '0'],
  [0.0123456, '0.012'],
  [5.1321, '5.132'],
  [99.961, '99.96'],
  [119.9583, '120.0'],
  [1031.25, '1,031'],
  [1234567.8, '1,234,568'],
  [-2.5, '-2.500'],
])('%d reads %s', (value, text) => {
  expect(figureText(value)).toBe(text);
});

test('counts are grouped by thousands', () => {
  expect([0, 999, 1000, 1234567].map(countText)).toEqual(['0', '999', '1,000', '1,234,567']);
});

test('quantities carry their unit', () => {
  expect([quantityText(5, 'ms'), quantityText(100, '/s'), quantityText(0.05, 'ratio'), quantityText(3, 's')]).toEqual([
    '5.000 ms',
    '100.0/s',
    '5 %',
    '3.000 s',
  ]);
  expect([0, 0.0004, 0.025, 1].map(percentText)).toEqual(['0 %', '0.04 %', '2.5 %', '100 %']);
});

test('an estimate says its bounds, that it is open, or why there is none', () => {
  const bounded = { value: 12, low: 11, high: null, confidence: 0.95, method: 'woodruff-batch-means' } as const;
  expect(estimateText(bounded, 'ms')).toBe('12.00 ms (11.00 ms to open)');
  expect([boundText(bounded, 'low'), boundText(bounded, 'high')]).toEqual(['11.00', 'open']);
  expect(estimateText({ value: 3, low: null, high: null, method: 'observed' }, '/s')).toBe('3.000/s');
  expect(estimateText({ value: null, reason: 'too-few-samples', needs: 3688 }, 'ms')).toBe(
    'too few requests, needs 3,688',
  );
  expect(estimateText({ value: null, reason: 'not-recorded' }, 'ms')).toBe('not recorded');
  expect(estimateText({ value: null, reason: 'no-schedule' }, 'ms')).toBe('none: there is no schedule');
  expect([260, 0.5].map((value) => estimateText(observed(value), 'count'))).toEqual(['260', '0.500']);
  expect(valueText({ value: null, reason: 'too-few-samples' })).toBe('-');
  expect(valueText({ value: null, reason: 'censored', low: 31 })).toBe('>31.00');
});

test('a length is told in seconds, then minutes, then hours', () => {
  expect([18, 119.9, 120, 754, 7199, 7200].map(lengthText)).toEqual([
    '18.00 s',
    '119.9 s',
    '2.000 min',
    '12.57 min',
    '120.0 min',
    '2.000 h',
  ]);
  expect(needsText({ requests: 4320.2, seconds: 1080 })).toBe('needs about 4,321 more requests (18.00 min)');
});
