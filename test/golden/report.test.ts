import { expect, test } from 'vitest';
import { benchmarksSchema } from '../../src/report/schema/benchmarks.ts';
import { ansi, plain } from '../../src/report/layout.ts';
import { markdownReport } from '../../src/report/markdown.ts';
import { tableText } from '../../src/report/table.ts';
import { sampleBenchmarks } from '../support/benchmarks.ts';

test('the terminal table', async () => {
  await expect(tableText(sampleBenchmarks, plain)).toMatchFileSnapshot('report/table.txt');
});

test('the Markdown report', async () => {
  await expect(markdownReport(sampleBenchmarks)).toMatchFileSnapshot('report/report.md');
});

test('the table is readable at 100 columns', () => {
  const lines = tableText(sampleBenchmarks, plain).split('\n');
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});

test('a cell that was not run says so', () => {
  const cells = sampleBenchmarks.cells.slice(0, 1).map((cell) => ({ ...cell, trials: [], objectives: [] }));
  const text = tableText({ ...sampleBenchmarks, cells }, plain);
  expect(text).toContain('classifier/load  (batch=1 workers=1)  PASS\n  no trial was run\n');
  expect(text).toContain('classifier/load     PASS   0/0          -');
});

test('colour adds nothing but colour', () => {
  const coloured = tableText(sampleBenchmarks, ansi);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(tableText(sampleBenchmarks, plain));
  expect(coloured).toContain('\u001b[33mINCONCLUSIVE\u001b[39m');
  expect(coloured).toContain('\u001b[32mPASS\u001b[39m');
});

test('the sample is a benchmarks.json by its schema', () => {
  expect(benchmarksSchema.parse(sampleBenchmarks)).toEqual(sampleBenchmarks);
});

test('the exit code in the table is the one that the program ends with', () => {
  expect(tableText(sampleBenchmarks, plain, 11)).toContain('(exit 11');
  expect(tableText(sampleBenchmarks, plain)).toContain(`(exit ${sampleBenchmarks.verdict.exitCode}`);
});

test('passes that see unequally far say so each for itself', () => {
  const [cell] = sampleBenchmarks.cells;
  const objectives = (cell?.objectives ?? []).map((one, index) => ({ ...one, blindToRarerThanS: 2 + index }));
  const text = tableText({ ...sampleBenchmarks, cells: cell === undefined ? [] : [{ ...cell, objectives }] }, plain);
  expect(text).toContain('note: a pass of response.p95 < 100ms is blind to events rarer than one in 2.000 s');
  expect(text).toContain('note: a pass of throughput >= 100/s is blind to events rarer than one in 3.000 s');
});

test('trials that were not run and the pause of a resumed run are listed', () => {
  const why = 'the --deadline of 50m leaves no time for it';
  const notRun = [2, 3, 5].map((trial) => ({ trial, why, cause: 'deadline' as const }));
  const part = { stoppedAt: '2026-11-22T05:18:40.000Z', at: '2026-11-22T06:00:00.000Z', sameNodes: true };
  const { run, cells } = sampleBenchmarks;
  const resumed = [{ ...part, source: run.source }];
  const cut = { ...sampleBenchmarks, run: { ...run, resumed }, cells: cells.map((cell) => ({ ...cell, notRun })) };
  expect(benchmarksSchema.parse(cut)).toEqual(cut);
  expect(tableText(cut, plain)).toContain(`  not run: trials 2 to 3, 5: ${why}\n`);
  const said = 'resumed at 2026-11-22T06:00:00.000Z, after it had ended early at 2026-11-22T05:18:40.000Z';
  expect(tableText(cut, plain)).toContain(`\n${said}\n`);
  expect(markdownReport(cut)).toContain(`This run was ${said}.`);
  expect(markdownReport(cut)).toContain('- not run: trials 2 to 3, 5: the --deadline of 50m leaves no time');
});

test('figures of an attempt that was repeated stay out of the summary', () => {
  const cells = sampleBenchmarks.cells.slice(0, 1).map((cell) => {
    const [last] = cell.trials;
    if (last === undefined) throw new Error('the sample has a trial');
    const before = { ...last, rates: { ...last.rates, offered: 1.5 } };
    return { ...cell, trials: [before, { ...last, attempt: 2 }] };
  });
  const [row] = tableText({ ...sampleBenchmarks, cells }, plain).match(/classifier\/load {2}.*PASS .*/g)?.slice(-1) ?? [];
  expect(row).not.toContain('..');
});

test('where a percentile lies from trial to trial stands beside its bounds within them', () => {
  const scatter = { value: 12.5, low: 11.25, high: 14, confidence: 0.95, method: 't-of-logs', trials: 5 } as const;
  const cells = sampleBenchmarks.cells.slice(0, 1).map((cell) => ({
    ...cell,
    objectives: cell.objectives.map((one) => (one.unit === 'ms' ? { ...one, betweenTrials: scatter } : one)),
  }));
  const shown = { ...sampleBenchmarks, cells };
  expect(benchmarksSchema.parse(shown)).toEqual(shown);
  const said = 'from trial to trial 12.50 ms (11.25 ms to 14.00 ms, 5 trials)';
  expect(tableText(shown, plain)).toContain(`\n                ${said}\n`);
  expect(markdownReport(shown)).toContain(`; ${said} |`);
});

test('percentiles of a cell from trial to trial stand with it, in every report', () => {
  const of = (value: number) =>
    ({ value, low: value * 0.9, high: value * 1.2, confidence: 0.95, method: 't-of-logs', trials: 5 }) as const;
  const response = { p50: of(8), p90: of(10), p95: of(12.5), p99: of(20), 'p99.9': null };
  const [cell] = sampleBenchmarks.cells;
  if (cell?.trials[0] === undefined) throw new Error('the sample has a trial');
  const trials = [1, 2, 3, 4, 5].map((index) => ({ ...(cell.trials[0] as (typeof cell.trials)[number]), index }));
  const shown = { ...sampleBenchmarks, cells: [{ ...cell, trials, betweenTrials: { unit: 'ms', response } as const }] };
  expect(benchmarksSchema.parse(shown)).toEqual(shown);
  const said = 'response from trial to trial, 5 trials: p50 8.000 ms (7.200 to 9.600), p90 10.00 ms (9.000 to 12.00)';
  expect(tableText(shown, plain).replaceAll(/\n {2,}/g, ' ')).toContain(said);
  expect(markdownReport(shown)).toContain(`- ${said}, p95 12.50 ms`);
  expect(tableText(sampleBenchmarks, plain)).not.toContain('response from trial to trial');
});

test('what a bound needs is told in requests and in time', () => {
  expect(tableText(sampleBenchmarks, plain)).toContain('p99.9 is open above: 3,088 more requests (25.73 s) would bound it');
  expect(tableText(sampleBenchmarks, plain)).toContain('p99 needs 3,688 requests, 88 more (0.733 s)');
});
