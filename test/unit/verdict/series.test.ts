import { expect, test } from 'vitest';
import { SERIES_COLUMNS, seriesPath } from '../../../src/verdict/series.ts';

test.each([
  ['classifier/load', 1, 1, 'series/classifier+load.1.csv'],
  ['classifier/load', 2, 3, 'series/classifier+load.2-3.csv'],
  ['m/s[batch=1,workers=2]', 1, 1, 'series/m+s+batch-1+workers-2.1.csv'],
])('the series of %s, trial %d, attempt %d lies in %s', (cell, trial, attempt, path) => {
  expect(seriesPath(cell, trial, attempt)).toBe(path);
});

test('a series begins with its instant', () => {
  expect(SERIES_COLUMNS[0]).toBe('tMs');
  expect(new Set(SERIES_COLUMNS).size).toBe(SERIES_COLUMNS.length);
});
