import { expect, test } from 'vitest';
import { sparkline } from '../../../src/report/sparkline.ts';

test('values become bars from the least to the largest', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([2, 2])).toBe('▁▁');
  expect(sparkline(Array.from({ length: 80 }, (_, i) => i))).toHaveLength(60);
});
