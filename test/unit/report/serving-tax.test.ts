import { expect, test } from 'vitest';
import { taxSection } from '../../../src/report/html/tax-section.ts';
import { plain } from '../../../src/report/layout.ts';
import { markdownReport } from '../../../src/report/markdown.ts';
import { servingTaxes, taxRows } from '../../../src/report/serving-tax.ts';
import { tableText } from '../../../src/report/table.ts';
import type { LatencySummary } from '../../../src/verdict/request-figures.ts';
import type { Benchmarks, CellResult } from '../../../src/verdict/result.ts';
import type { TrialResult } from '../../../src/verdict/trial-result.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';

const [sample] = sampleBenchmarks.cells as [CellResult, ...CellResult[]];
const [sampleTrial] = sample.trials as [TrialResult, ...TrialResult[]];
const MODEL = { sha256: 'ab'.repeat(32) };

const of = (ms: number, count = 100): LatencySummary => ({
  ...sampleTrial.latency.service,
  count,
  mean: { value: ms, low: null, high: null, method: 'observed' },
});

const trial = (serviceMs: number, serverMs?: number, count = 100): TrialResult => ({
  ...sampleTrial,
  verdict: { kind: 'pass', reasons: [], cautions: [] },
  latency: {
    ...sampleTrial.latency,
    service: of(serviceMs, count),
    ...(serverMs === undefined
      ? {}
      : { parts: { connect: of(0), firstByte: of(1), receive: of(1), server: of(serverMs, count) } }),
  },
});

const cell = (target: string, trials: readonly TrialResult[], more: Partial<CellResult> = {}): CellResult => ({
  ...sample,
  id: `${target}/load`,
  target,
  trials,
  ...more,
});

const benchmarks = (cells: readonly CellResult[], more: Benchmarks['targets'] = {}): Benchmarks => ({
  ...sampleBenchmarks,
  cells,
  targets: {
    session: { kind: 'onnx', model: MODEL },
    binary: { kind: 'http', model: MODEL, endpoint: { protocol: 'oip-binary over HTTP/1.1' } },
    grpc: { kind: 'grpc', model: MODEL, endpoint: { protocol: 'grpc' } },
    ...more,
  },
});

const whole = benchmarks([cell('session', [trial(3)]), cell('binary', [trial(5, 3.5)]), cell('grpc', [trial(6, 4)])]);

test('each way to a model is told in steps that add up to the whole', () => {
  expect(servingTaxes(whole)).toEqual([
    {
      scenario: 'load',
      alone: 'session/load',
      aloneMs: 3,
      paths: [
        { cell: 'binary/load', protocol: 'oip-binary over HTTP/1.1', poolMs: 0.5, protocolMs: 1.5, wholeMs: 5 },
        { cell: 'grpc/load', protocol: 'grpc', poolMs: 1, protocolMs: 2, wholeMs: 6 },
      ],
    },
  ]);
  expect(servingTaxes(whole).flatMap(taxRows)).toEqual([
    ['oip-binary over HTTP/1.1', '3.000 (60 %)', '0.500 (10 %)', '1.500 (30 %)', '5.000', '+66.7 %'],
    ['grpc', '3.000 (50 %)', '1.000 (16.7 %)', '2.000 (33.3 %)', '6.000', '+100 %'],
  ]);
});

test('trials are weighed by their requests, and invalid ones do not count', () => {
  const invalid: TrialResult = {
    ...trial(100, 90),
    verdict: { kind: 'invalid', reasons: [{ code: 'not-started', where: '', message: '', hint: '' }], cautions: [] },
  };
  const [tax] = servingTaxes(
    benchmarks([
      cell('session', [trial(3, undefined, 300), trial(5, undefined, 100)]),
      cell('binary', [trial(5, 4), invalid]),
    ]),
  );
  expect(tax).toMatchObject({ aloneMs: 3.5, paths: [{ wholeMs: 5, poolMs: 0.5 }] });
});

test('only the same model under the same scenario and values is held against it, and no network lies between', () => {
  const other = { sha256: 'cd'.repeat(32) };
  const network = { label: '20ms each way', delayMs: 20, jitterMs: 0, bandwidth: null };
  const cells = (path: CellResult) => [cell('session', [trial(3)]), path];
  for (const path of [
    cell('binary', [trial(5, 4)], { scenario: 'stress' }),
    cell('binary', [trial(5, 4)], { values: { batch: 8 } }),
    cell('binary', [trial(5, 4)], { network }),
    cell('binary', [trial(5)]),
    cell('foreign', [trial(5, 4)]),
  ]) {
    expect(servingTaxes(benchmarks(cells(path), { foreign: { kind: 'http', model: other } }))).toEqual([]);
  }
  expect(servingTaxes(sampleBenchmarks)).toEqual([]);
});

test('terminal, report.md and report.html show it', () => {
  for (const text of [tableText(whole, plain), markdownReport(whole), taxSection(whole).text]) {
    expect(text).toContain('0.500 (10 %)');
    expect(text).toContain('Serving tax under load: mean service time, against session/load');
  }
  expect(
    tableText(whole, plain)
      .split('\n')
      .every((line) => line.length <= 100),
  ).toBe(true);
});
