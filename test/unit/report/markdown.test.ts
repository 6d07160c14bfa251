import { expect, test } from 'vitest';
import { plain } from '../../../src/report/layout.ts';
import { markdownReport } from '../../../src/report/markdown.ts';
import { escaped, fitting } from '../../../src/report/markdown-text.ts';
import { tableText } from '../../../src/report/table.ts';
import type { Benchmarks, CellResult } from '../../../src/verdict/result.ts';
import type { Reason } from '../../../src/verdict/verdict.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const [load, stress] = sampleBenchmarks.cells as [CellResult, CellResult];

/** So many cells, all passing but the last one. */
function many(count: number): Benchmarks {
  const reasons = stress.verdict.reasons.map((reason): Reason => ({ ...reason, where: `t-${count}/load` }));
  const failed: CellResult['verdict'] = {
    kind: 'fail',
    reasons: reasons as [Reason, ...Reason[]],
    cautions: [],
  };
  const cells = Array.from({ length: count }, (_, i) => ({
    ...load,
    id: `t-${i + 1}/load`,
    verdict: i === count - 1 ? failed : load.verdict,
  }));
  const cautions = cells.map(({ id }) => ({
    ...(load.verdict.cautions[0] as Reason),
    where: id,
    message: `Of ${id}.`,
  }));
  return { ...sampleBenchmarks, cells, verdict: { ...failed, cautions, exitCode: 10 } };
}

const opened = (text: string): number => text.match(/<details/g)?.length ?? 0;
const closed = (text: string): number => text.match(/<\/details>/g)?.length ?? 0;

test.each([1, 30, 400, 5000])('%d cells fit a comment on a pull request', (count) => {
  const text = markdownReport(many(count));
  expect(text.length).toBeLessThanOrEqual(65_536);
  expect(opened(text)).toBe(closed(text));
});

test('the verdict and why come first', () => {
  const lines = markdownReport(many(400)).split('\n');
  expect(lines[0]).toBe('# sample: fail');
  expect(lines[2]).toBe('At least one objective is missed, surely enough or grossly. Exit code 10.');
  expect(lines[4]).toMatch(/^- \*\*fail\*\* `needs-more-requests` at t-400\/load: /);
});

test('of many cells the one that failed is whole and open, and those left out are named', () => {
  const text = markdownReport(many(400));
  expect(text).toMatch(/<details open><summary>t-400\/load: fail, [^\n]*<\/summary>.*?\| response \| 2,400 \|/s);
  expect(text).toMatch(
    /\n\d+ cells are left out here for length; they are in `report\.html` and `benchmarks\.json`:\n/,
  );
});

test('of a cell whose trials do not fit, verdict and objectives are there', () => {
  const [trial] = load.trials;
  const trials = Array.from({ length: 60 }, (_, i) => ({ ...trial, index: i + 1 })) as CellResult['trials'];
  const text = markdownReport({ ...sampleBenchmarks, cells: [{ ...load, trials }] });
  expect(text.length).toBeLessThan(65_536);
  expect(text).toContain('Its trials are left out here for length; they are in `report.html` and `benchmarks.json`.');
  expect(text).toContain('| throughput >= 100/s | pass |'.replace('>', '\\>'));
});

test('a few cells are all there, with all their trials', () => {
  const text = markdownReport(sampleBenchmarks);
  expect(text).not.toContain('left out here');
  for (const { id } of sampleBenchmarks.cells) expect(text).toContain(`<summary>${id}: `);
});

test('a caution of several places is told once and counted for each, as the table counts them', () => {
  const caution = load.verdict.cautions[0] as Reason;
  const cautions = ['classifier/load', 'classifier/stress'].map((where): Reason => ({ ...caution, where }));
  const benchmarks = { ...sampleBenchmarks, verdict: { ...sampleBenchmarks.verdict, cautions } };
  const text = markdownReport(benchmarks);
  expect(text).toContain('<summary>2 cautions</summary>');
  expect(text).toContain(`\`${caution.code}\` at classifier/load; classifier/stress: `);
  expect(tableText(benchmarks, plain)).toContain('(exit 12, 2 cautions)');
});

test('names of cells are no markup in the title of a fold', () => {
  const text = markdownReport({ ...sampleBenchmarks, cells: [{ ...load, id: '<b>&/load' }] });
  expect(text).toContain('<summary>&lt;b&gt;&amp;/load: pass');
});

test('text from targets is no markup', () => {
  expect(escaped('a|b <i> *x*\n[y](z) `c`')).toBe('a\\|b \\<i\\> \\*x\\* \\[y\\](z) \\`c\\`');
});

test('as many lines as there is room for, and a word on the rest', () => {
  const more = (count: number): string => `${count} more`;
  expect(fitting(['aaa', 'bbb', 'ccc'], 8, more)).toEqual(['aaa', 'bbb', '1 more']);
  expect(fitting(['aaa', 'bbb'], 8, more)).toEqual(['aaa', 'bbb']);
});
