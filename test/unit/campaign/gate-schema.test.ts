import { expect, test } from 'vitest';
import { gateCell } from '../../../src/campaign/gate-cell.ts';
import { gateOfCampaign, parseGateFile } from '../../../src/campaign/gate-file.ts';
import { mistakeLine } from '../../../src/campaign/mistake.ts';
import { gatedMetrics } from '../../../src/verdict/gate/gated-metric.ts';
import { ownScript } from '../../support/k6-scripts.ts';
import { smallCell } from '../../support/small-plan.ts';

const policyOf = (text: string) => {
  const parsed = parseGateFile(text, 'gate.yaml');
  if (!parsed.ok) throw new Error(parsed.mistakes.map(mistakeLine).join('\n'));
  return parsed.policy;
};
const mistakes = (text: string): string[] => {
  const parsed = parseGateFile(text, 'gate.yaml');
  return parsed.ok ? [] : parsed.mistakes.map(mistakeLine);
};
/** Cells whose answers count as a whole. */
const whole = (...ids: string[]) => ids.map((id) => gateCell(smallCell({ id })));

test('a policy is read with its units, and what it leaves open is filled in', () => {
  const policy = policyOf(`
metrics: [response.p95, { metric: throughput, floor: 2/s, threshold: 10%, cell: a/load }]
threshold: 8%
floor: 2ms
looks: [4, 8]
onInconclusive: { nightly: tolerate }
acks: [{ metric: response.p99, until: 2026-12-31, reason: larger model }]
`);
  expect(policy).toMatchObject({
    threshold: 0.08,
    floorMs: 2,
    alpha: 0.01,
    looks: [4, 8],
    onInconclusive: { pr: 'tolerate', nightly: 'tolerate', release: 'block' },
    onNoBaseline: { pr: 'tolerate', nightly: 'tolerate', release: 'block' },
    acks: [{ metric: 'response.p99', cell: null, until: '2026-12-31' }],
  });
  const gated = gatedMetrics(policy, whole('a/load', 'b/load'));
  expect(gated).toMatchObject({
    ok: true,
    metrics: [
      { id: 'a/load response.p95', threshold: 0.08, floor: 2, better: 'lower', unit: 'ms' },
      { id: 'b/load response.p95' },
      { id: 'a/load throughput', threshold: 0.1, floor: 2, better: 'higher', unit: '/s' },
    ],
  });
});

test('what is said of one cell goes before what is said of all, whichever stands first', () => {
  const said = ['{ metric: response.p95, cell: a, threshold: 8% }', 'response.p95'];
  for (const metrics of [said, said.toReversed()]) {
    const gated = gatedMetrics(policyOf(`metrics: [${metrics.join(', ')}]`), whole('a', 'b'));
    expect(gated.ok && gated.metrics.map(({ id, threshold }) => `${id} ${threshold}`).toSorted()).toEqual([
      'a response.p95 0.08',
      'b response.p95 0.05',
    ]);
  }
});

test('a figure that no trial can have is refused before pairs are run for it', () => {
  const loops = gateCell(smallCell({ id: 'mine/own', spec: { ...ownScript(50), executors: 'closed' } }));
  expect(gatedMetrics(policyOf(''), [loops])).toEqual({
    ok: false,
    problem:
      'gate.metrics: found mine/own response.p95, and its k6 script has no schedule from which a response could count; expected service.p95',
  });
  expect(gatedMetrics(policyOf('metrics: [service.p95, throughput]'), [loops]).ok).toBe(true);
  expect(gatedMetrics(policyOf('metrics: [response.p99.9]'), whole('a'))).toEqual({
    ok: false,
    problem:
      'gate.metrics: found a response.p99.9, which takes 3688 requests a trial, and there are 200; expected longer trials, or a lower percentile',
  });
});

test('an empty policy gates the P95 of every cell', () => {
  const gated = gatedMetrics(policyOf(''), whole('a/load', 'b/load'));
  expect(gated.ok && gated.metrics.map(({ id }) => id)).toEqual(['a/load response.p95', 'b/load response.p95']);
});

test('more than six gated metrics, or a cell that is not there, are refused', () => {
  const cells = whole('a', 'b', 'c', 'd', 'e', 'f', 'g');
  expect(gatedMetrics(policyOf(''), cells)).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/found 7 gated metrics over 7 cells, expected at most 6/),
  });
  const absent = gatedMetrics(policyOf('metrics: [{ metric: goodput, cell: x }]'), whole('a', 'b'));
  expect(absent).toEqual({ ok: false, problem: 'gate.metrics: found the cell x, expected one of a, b' });
});

test('figures of events are gated where answers stream them, and refused where none does', () => {
  const policy = policyOf(
    'metrics: [firstEvent.p95, { metric: betweenEvents.p99, floor: 5ms, cell: llm/load }, throughput]',
  );
  const gated = gatedMetrics(policy, [
    ...whole('a/load'),
    { ...gateCell(smallCell({ id: 'llm/load' })), streams: true },
  ]);
  expect(gated).toMatchObject({
    ok: true,
    metrics: [
      { id: 'llm/load firstEvent.p95', unit: 'ms', better: 'lower' },
      { id: 'llm/load betweenEvents.p99', floor: 5 },
      { id: 'a/load throughput' },
      { id: 'llm/load throughput' },
    ],
  });
  expect(gatedMetrics(policy, whole('a/load', 'llm/load'))).toEqual({
    ok: false,
    problem:
      'gate.metrics: found firstEvent.p95 of a/load, llm/load, whose answers are no streams of events; expected a cell whose target has `stream: sse`',
  });
});

test.each([
  ['threshold: 5', /threshold: found 5, expected/],
  ['threshold: 0%', /expected a share above 0%/],
  ['looks: [8, 4]', /looks: found .*expected numbers that grow/],
  ['treshold: 5%', /did you mean threshold\?/],
  ['acks: [{ metric: goodput, until: tomorrow, reason: x }]', /until: found tomorrow, expected a day/],
  ['acks: [{ metric: goodput, until: 2026-13-01, reason: x }]', /until: found .*expected a day/],
  ['acks: [{ metric: goodput, until: 2026-02-31, reason: x }]', /until: found .*expected a day/],
  ['metrics: [{ metric: throughput, floor: 1ms }]', /expected a rate, for example 2\/s/],
])('%s is refused in one sentence', (text, sentence) => {
  expect(mistakes(text).join('\n')).toMatch(sentence);
});

test('a campaign file is asked for its gate alone', () => {
  expect(gateOfCampaign('name: x\ngate: { threshold: 7% }\n')).toMatchObject({ threshold: 0.07 });
  expect(gateOfCampaign('name: x\n')).toBeNull();
});
