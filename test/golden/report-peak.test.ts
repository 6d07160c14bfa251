import { expect, test } from 'vitest';
import { benchmarksSchema } from '../../src/report/schema/benchmarks.ts';
import { peakSection } from '../../src/report/html/peak-section.ts';
import { plain } from '../../src/report/layout.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { tableText } from '../../src/report/table.ts';
import { foundPeak, peakCell, unconfirmedPeak, withPeak } from '../support/peak-result.ts';

test('the terminal table of a search has its figure, its levels and a column in the summary', async () => {
  const text = tableText(withPeak(foundPeak), plain);
  expect(text.split('\n').filter((line) => line.length > 100)).toEqual([]);
  await expect(text).toMatchFileSnapshot('report/peak-table.txt');
});

test('the Markdown report of a search', async () => {
  await expect(markdownReport(withPeak(foundPeak))).toMatchFileSnapshot('report/peak.md');
});

test('the section of report.html on a search', async () => {
  await expect(peakSection(peakCell(foundPeak), 1).text).toMatchFileSnapshot('report/peak.html.txt');
});

test('a peak that was not confirmed is bracketed, and says what did not hold', () => {
  const text = tableText(withPeak(unconfirmedPeak), plain);
  expect(text).toMatch(/classifier\/most .*\(412\.3\)\n/);
  expect(text.replaceAll(/\s+/g, ' ')).toContain('The maximum rate would be 412.3/s (405.1 to 419.9, 95 % bounds), but its lower bound, 405.1/s, did not hold');
});

test('a search without a peak says why, and one that nothing broke gives a lower bound', () => {
  const none = { ...foundPeak, rate: { value: null, reason: 'not-found' }, binding: null, curves: [] } as const;
  const missed = tableText(withPeak({ ...none, ending: 'no-crossing', why: 'nothing rises' }), plain);
  expect(missed.replaceAll(/\s+/g, ' ')).toContain('No maximum rate was found: nothing rises. The highest level that held offered 411.5/s.');
  const rate = { value: null, reason: 'not-found', low: 512 } as const;
  const above = tableText(withPeak({ ...none, rate, ending: 'above-until', why: 'no level broke' }), plain);
  expect(above).toMatch(/classifier\/most .*>512\.0\n/);
});

test('results with a search are benchmarks.json by its schema', () => {
  const result = withPeak(foundPeak);
  expect(benchmarksSchema.parse(result)).toEqual(result);
});
