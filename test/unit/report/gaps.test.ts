import { expect, test } from 'vitest';
import { trialTables } from '../../../src/report/html/trial-tables.ts';
import { markdownReport } from '../../../src/report/markdown.ts';
import { tableText } from '../../../src/report/table.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const plain = { strong: String, faint: String, good: String, bad: String, doubtful: String };
const [cell] = sampleBenchmarks.cells;
const unstarted = {
  ...sampleBenchmarks,
  cells:
    cell === undefined
      ? []
      : [{ ...cell, trials: cell.trials.slice(0, 1).map((trial) => ({ ...trial, startedAt: null })) }],
};

test('a trial that never started has no table of zeros, in any report', () => {
  const text = tableText(unstarted, plain);
  expect(text).toContain('  never started: nothing was measured\n');
  expect(text).not.toContain('scheduled =');
  expect(text).toMatch(/\nclassifier\/load +PASS +\d\/\d +- +- +- +- +- +-\n/);
  const markdown = markdownReport(unstarted);
  expect(markdown).toContain('It never started: nothing was measured.');
  expect(markdown).not.toContain('scheduled =');
  const [trial] = unstarted.cells[0]?.trials ?? [];
  expect(trial === undefined ? '' : trialTables(trial, 'x').text).toBe(
    '<p>It never started: nothing was measured.</p>\n',
  );
});
