import { expect, test } from 'vitest';
import { plain } from '../../../src/report/layout.ts';
import { markdownReport } from '../../../src/report/markdown.ts';
import { measuredOnText } from '../../../src/report/measured-on-text.ts';
import { tableText } from '../../../src/report/table.ts';
import { judgeCell } from '../../../src/verdict/judge-cell.ts';
import type { Benchmarks } from '../../../src/verdict/result.ts';
import { sampleBenchmarks } from '../../support/benchmarks.ts';
import { planOf, sentencesOf } from '../../support/campaigns.ts';
import { eventfulRun, pageOf } from '../../support/report-page.ts';

const text = (instance: string, target = 'http: { url: "http://h:8000/"'): string => `name: n
targets: { t: { ${target}, instance: ${instance} } } }
scenarios: { s: { load: { rate: 200/s, for: 9s } } }
`;
const measuredOn = { name: 'g5.xlarge', pricePerHour: 1.01 };

test.each([undefined, 'grpc: { address: "h:8001", model: m'])(
  'what an endpoint runs on stands in the plan and in the result of its cells, and not in what agents are told',
  (target) => {
    const [cell] = planOf(text('{ name: g5.xlarge, price: 1.01/h }', target)).cells;
    if (cell === undefined) throw new Error('no cell was planned');
    expect(cell.measuredOn).toEqual(measuredOn);
    expect(JSON.stringify(cell.spec)).not.toContain('g5');
    expect(judgeCell(cell, [], String).measuredOn).toEqual(measuredOn);
  },
);

test('the price may be left out, the name not', () => {
  expect(planOf(text('{ name: g5.xlarge }')).cells[0]?.measuredOn).toEqual({ name: 'g5.xlarge', pricePerHour: null });
  expect(sentencesOf(text('{ price: 1.01/h }'))).toEqual([
    expect.stringMatching(/^targets\.t\.http\.instance\.name: /),
  ]);
  expect(sentencesOf(text('{ name: g5, price: 1.01 }'))).toEqual([
    expect.stringMatching(/^targets\.t\.http\.instance\.price: found 1\.01, expected a price of an hour/),
  ]);
});

test('it stands beside its cell in the terminal and in both reports', () => {
  const [first, ...others] = sampleBenchmarks.cells;
  if (first === undefined) throw new Error('there is no cell to label');
  const labelled = { ...sampleBenchmarks, cells: [{ ...first, measuredOn }, ...others] };
  const sentence = 'The endpoint runs on g5.xlarge at 1.01 an hour, says the campaign.';
  expect(measuredOnText({ measuredOn })).toBe(sentence);
  expect(measuredOnText({})).toBeNull();
  const run = eventfulRun();
  const page = (benchmarks: Benchmarks): string => pageOf({ ...run, benchmarks });
  for (const report of [(result: Benchmarks) => tableText(result, plain), markdownReport, page]) {
    expect(report(labelled)).toContain(sentence);
    expect(report(sampleBenchmarks)).not.toContain('The endpoint runs on');
  }
});
