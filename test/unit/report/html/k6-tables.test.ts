import { expect, test } from 'vitest';
import { k6Tables } from '../../../../src/report/html/k6-tables.ts';
import type { PartResult } from '../../../../src/verdict/k6/k6-figures.ts';
import type { TrialResult } from '../../../../src/verdict/trial-result.ts';

const part: PartResult = {
  scenario: 'buy',
  group: '::shop',
  name: 'log<b>in',
  metric: 'http_req_duration',
  type: 'trend',
  unit: 'ms',
  count: 4,
  sum: 48,
  min: 6,
  max: 20,
  rate: null,
  quantiles: { p50: 10, p90: 18, p95: 19, p99: 20, 'p99.9': 20 },
};
const number = (metric: string, type: PartResult['type'], more: Partial<PartResult> = {}): PartResult => ({
  ...part,
  ...{ group: '', name: '', metric, type, unit: null, min: 0, max: 1, quantiles: null },
  ...more,
});

/** The cells of each row. */
const rowsOf = (parts: readonly PartResult[]): string[] =>
  [...k6Tables({ parts } as unknown as TrialResult, 'a').text.matchAll(/<tr><th scope="row">(.*?)<\/tr>/gs)].map(
    ([, row = '']) => row.replaceAll(/<[^>]*>/g, '|').replaceAll(/\|+/g, '|'),
  );

test('durations stand with their percentiles, by what they are of', () => {
  expect(rowsOf([part])).toEqual(['|http_req_duration|buy|::shop|log&lt;b&gt;in|4|12.00|10.00|19.00|20.00|20.00|']);
});

test('a counter is told by its total, a rate by its share, a gauge by its last value, a trend of numbers by its mean', () => {
  const rows = rowsOf([
    number('orders', 'counter', { sum: 17 }),
    number('happy', 'rate', { rate: 0.25 }),
    number('stock', 'gauge', { sum: 94 }),
    number('basket', 'trend', { sum: 12, quantiles: part.quantiles }),
  ]);
  expect(rows).toEqual([
    '|orders|buy|counter|4|17|0|1|',
    '|happy|buy|rate|4|25 %|0|1|',
    '|stock|buy|gauge|4|94|0|1|',
    '|basket|buy|trend|4|3|0|1|10|19|20|',
  ]);
});

test('of very many parts the first are shown, and how many more there are', () => {
  const parts = Array.from({ length: 130 }, (_, i) => ({ ...part, name: `n${i}` }));
  expect(rowsOf(parts)).toHaveLength(100);
  expect(k6Tables({ parts } as unknown as TrialResult, 'a').text).toContain(
    '30 further parts stand in benchmarks.json',
  );
});

test('a trial that is not of k6 has none', () => {
  expect(k6Tables({} as TrialResult, 'a').text).toBe('');
});
