import { expect, test } from 'vitest';
import { networkOf } from '../../../src/campaign/cell-network.ts';
import { mergedPlan } from '../../../src/campaign/gate-plan.ts';
import type { Plan } from '../../../src/campaign/plan.ts';
import { buildPlan } from '../../../src/campaign/plan-build.ts';
import { planText } from '../../../src/campaign/plan-text.ts';
import { formatBandwidth, parseBandwidth } from '../../../src/campaign/quantity.ts';
import { networkDifferences } from '../../../src/verdict/compare/environment.ts';
import { campaignOf, mistakesOf, planContext } from '../../support/campaigns.ts';

const text = (via: string, more = ''): string =>
  `name: n\ntargets: { t: { http: { url: "http://h:8000/"${via === '' ? '' : `, via: ${via}`} } } }\nscenarios: { s: { load: { rate: 200/s, for: 9s } } }\n${more}`;

function planned(via: string, more = ''): Plan {
  const campaign = campaignOf(text(via, more));
  const plan = buildPlan(campaign, planContext(campaign));
  if (!plan.ok) throw new Error(plan.mistakes[0]?.message);
  return plan.plan;
}

test('a network is planned with its delay, jitter and bandwidth, and named in the plan', () => {
  const plan = planned('{ delay: 20ms, jitter: 5ms, bandwidth: 100Mbit }');
  expect(plan.cells.map(networkOf)).toEqual([{ delayNs: 20e6, jitterNs: 5e6, bandwidth: 100e6 }]);
  expect(planText(plan)).toContain('through a network of 20ms ± 5ms each way, 100Mbit/s');
});

test('what is not said of a network is not there', () => {
  expect(planned('{ delay: 20ms }').cells.map(networkOf)).toEqual([{ delayNs: 20e6, jitterNs: 0, bandwidth: null }]);
  expect(planned('{ bandwidth: 1Gbit }').cells.map(networkOf)).toEqual([{ delayNs: 0, jitterNs: 0, bandwidth: 1e9 }]);
  expect(planned('').cells.map(networkOf)).toEqual([null]);
});

test('a network may vary', () => {
  const plan = planned('{ delay: 1ms }', 'vary: { http.via.delay: [0ms, 20ms] }\n');
  expect(plan.cells.map((cell) => networkOf(cell)?.delayNs)).toEqual([0, 20e6]);
});

test.each([
  ['{ delay: 20 }', 'targets.t.http.via.delay: found 20, expected a duration with its unit'],
  ['{ delay: 3s }', 'targets.t.http.via.delay: found 3s, expected at most 2s each way'],
  [
    '{ delay: 5ms, jitter: 6ms }',
    'targets.t.http.via.jitter: found 6ms with a delay of 5ms, expected no more than the delay',
  ],
  ['{ jitter: 6ms }', 'targets.t.http.via.jitter: found 6ms with a delay of 0s'],
  [
    '{ bandwidth: 100Mb }',
    'targets.t.http.via.bandwidth: found 100Mb, expected a bandwidth in bit, kbit, Mbit or Gbit',
  ],
  ['{ bandwidth: 1kbit }', 'targets.t.http.via.bandwidth: found a bandwidth outside of 100kbit to 10Gbit'],
  ['{ latency: 5ms }', 'targets.t.http.via'],
])('%s is refused with what would be right', (via, sentence) => {
  const [mistake] = mistakesOf(text(via));
  expect(`${mistake?.path}: ${mistake?.message}`).toContain(sentence);
});

test('bandwidths are written as they are read', () => {
  for (const written of ['100Mbit', '1.5Gbit', '250kbit', '10Gbit']) {
    const reading = parseBandwidth(written);
    expect(reading.ok && formatBandwidth(reading.value)).toBe(written);
  }
});

test('results with and without a network, or through unlike ones, are not compared', () => {
  const [none, some, other] = ['', '{ delay: 20ms }', '{ delay: 25ms }'].map((via) => planned(via).cells);
  expect(networkDifferences(none ?? [], none ?? [])).toEqual([]);
  expect(networkDifferences(some ?? [], some ?? [])).toEqual([]);
  expect(networkDifferences(none ?? [], some ?? [])).toEqual([
    {
      path: 'network.t/s',
      baseline: ['no network of its own'],
      candidate: ['a network of 20ms each way'],
      weight: 'decides',
    },
  ]);
  expect(networkDifferences(some ?? [], other ?? [])).toMatchObject([{ candidate: ['a network of 25ms each way'] }]);
});

test('a gate of two campaigns with unlike networks is refused', () => {
  const merged = mergedPlan(planned('{ delay: 20ms }'), planned(''), 2, '');
  expect(merged).toEqual({
    ok: false,
    problem:
      'gate: found t/s through no network of its own, the baseline through a network of 20ms each way; expected the same `via` on both sides',
  });
  expect(mergedPlan(planned('{ delay: 20ms }'), planned('{ delay: 20ms }'), 2, '').ok).toBe(true);
});
