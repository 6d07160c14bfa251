import { expect, test } from 'vitest';
import { percentilesCsv, quoted } from '../../../src/report/percentiles-csv.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const rowsOf = (csv: string) =>
  csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

test('every latency of every trial has a row of equal length', () => {
  const [heading = [], ...rows] = rowsOf(percentilesCsv(sampleBenchmarks, () => true));
  expect(heading.slice(0, 9)).toEqual([
    'cell',
    'trial',
    'attempt',
    'verdict',
    'latency',
    'count',
    'mean',
    'mean_low',
    'mean_high',
  ]);
  expect(rows).toHaveLength(5 * sampleBenchmarks.cells.flatMap(({ trials }) => trials).length);
  for (const row of rows) expect(row).toHaveLength(heading.length);
});

test('figures keep all their digits, bounds stand beside them, and what is not there is empty', () => {
  const [heading = [], ...rows] = rowsOf(percentilesCsv(sampleBenchmarks, (id) => id === 'classifier/load'));
  const trial = sampleBenchmarks.cells[0]?.trials[0];
  const column = (name: string): string | undefined => rows[0]?.[heading.indexOf(name)];
  const p95 = trial?.latency.response.p95;
  if (p95 === undefined || p95.value === null) throw new Error('the sample has a P95');
  expect([column('p95'), column('p95_low'), column('p95_high')]).toEqual([p95.value, p95.low, p95.high].map(String));
  expect(column('p99.9_high')).toBe('');
  expect(rows.every(([cell]) => cell === 'classifier/load')).toBe(true);
});

test('a field with a comma or a quotation mark is quoted', () => {
  expect(['a/b', 'a/b[x=1,y=2]', 'say "x"'].map(quoted)).toEqual(['a/b', '"a/b[x=1,y=2]"', '"say ""x"""']);
});
