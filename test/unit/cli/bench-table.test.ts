import { expect, test } from 'vitest';
import { METRICS, type Metric, parseMetrics } from '../../../src/cli/bench-metrics.ts';
import { benchText } from '../../../src/cli/bench-table.ts';
import { ansi, plain } from '../../../src/report/layout.ts';
import type { Benchmarks } from '../../../src/verdict/result.ts';
import type { TrialResult } from '../../../src/verdict/trial-result.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const [cell] = sampleBenchmarks.cells;
if (cell === undefined) throw new Error('the sample has no cell');
const oneCell: Benchmarks = { ...sampleBenchmarks, cells: [cell] };
const MARKS: Readonly<Record<Metric, RegExp>> = {
  latency: /^ {2}ms +count +mean +p50/m,
  throughput: /^ {2}per s +offered/m,
  memory: /^ {2}memory +78 MiB resident at most/m,
  cpu: /^ {2}cpu +41 % of the node's CPU time, stolen by the host 0\.1 %, the harness's own work 5 % of its threads$/m,
  gpu: /^ {2}gpu +no node showed any sign of one$/m,
};

test.each(METRICS)('%s alone is shown with the verdict and nothing else', (metric) => {
  const text = benchText(oneCell, [metric], plain);
  for (const each of METRICS) {
    if (each === metric) expect(text, each).toMatch(MARKS[each]);
    else expect(text, each).not.toMatch(MARKS[each]);
  }
  expect(text).toContain(cell.verdict.kind.toUpperCase());
  expect(text).toContain(cell.objectives[0]?.objective);
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
});

const hosted = (host: Partial<TrialResult['host']>): string => {
  const trials = cell.trials.map((trial) => ({ ...trial, host: { ...trial.host, ...host } }));
  return benchText({ ...oneCell, cells: [{ ...cell, trials }] }, ['memory', 'cpu'], plain);
};

test('what the system does not tell is said, not shown as zero', () => {
  const text = hosted({ rssBytes: null, cpu: null, steal: null, pacingCpu: null });
  expect(text).toMatch(/memory +not told by this system/);
  expect(text).toMatch(/cpu +not told by this system$/m);
});

test('a quota that held the processes is named', () => {
  expect(hosted({ throttledUs: 1_500_000 })).toContain('held by a quota for 1.500 s');
});

test('the environment stands in the heading, and colour only where it is wanted', () => {
  const run = { ...sampleBenchmarks.run, environment: 'production' };
  expect(benchText({ ...oneCell, run }, ['cpu'], plain).split('\n')[0]).toContain('environment production');
  expect(benchText(oneCell, METRICS, plain)).not.toContain('\u001b');
  expect(benchText(oneCell, METRICS, ansi)).toContain('\u001b[1m');
});

test('a cell without a trial says so', () => {
  expect(benchText({ ...oneCell, cells: [{ ...cell, trials: [] }] }, METRICS, plain)).toContain('no trial was run');
});

test.each([
  ['latency', ['latency']],
  ['gpu', ['gpu']],
  ['gpu, latency ,latency', ['latency', 'gpu']],
  ['latency,throughput,memory,cpu,gpu', [...METRICS]],
])('--metrics %s', (text, metrics) => {
  expect(parseMetrics(text)).toEqual({ ok: true, value: metrics });
});

test.each([
  ['latncy', 'found latncy, did you mean latency?'],
  ['watts', 'found watts, expected latency, throughput, memory, cpu or gpu, with commas between them'],
  ['', 'found an empty text, expected latency, throughput, memory, cpu or gpu, with commas between them'],
  ['latency,', 'found an empty text, expected latency, throughput, memory, cpu or gpu, with commas between them'],
])('--metrics %j is refused', (text, problem) => {
  expect(parseMetrics(text)).toEqual({ ok: false, problem });
});
