import { expect, test } from 'vitest';
import { defaultGatePolicy } from '../../../../src/campaign/gate-schema.ts';
import { storedGate } from '../../../../src/verdict/gate/stored.ts';
import { gatedMetric } from '../../../support/gate-pairs.ts';

const policy = defaultGatePolicy();
const nights = [4.61, 4.58, 4.66, 4.6, 4.57, 4.63, 4.62, 4.59];
const gate = (tonight: number | 'broken' | null, more: object = {}) =>
  storedGate(policy, [], [{ metric: gatedMetric('a', more), nights, elsewhere: 0, tonight }]);

test('a night far above eight others fails, one among them passes', () => {
  expect(gate(4.8)).toMatchObject({ verdict: 'fail', findings: { reasons: [{ code: 'worse', where: 'a' }] } });
  expect(gate(4.62).verdict).toBe('pass');
  expect(gate(4.2).verdict).toBe('pass');
});

test('of a throughput less is worse', () => {
  const rate = { better: 'higher', unit: '/s', metric: 'throughput', floor: 0 };
  expect([gate(4.3, rate).verdict, gate(5, rate).verdict]).toEqual(['fail', 'pass']);
});

test('a sure change below the threshold or the floor fails nothing', () => {
  expect(gate(4.8, { threshold: 0.3 }).verdict).toBe('pass');
  expect(gate(4.8, { floor: 1000 }).verdict).toBe('pass');
});

test('what a single night can see is told', () => {
  const { findings } = gate(4.6);
  expect(findings.metrics[0]?.detectable).toBeCloseTo(0.146, 3);
  expect(findings.cautions).toMatchObject([{ code: 'policy-finer-than-noise', where: 'a' }]);
});

test('seven nights are no baseline', () => {
  const few = storedGate(
    policy,
    [],
    [{ metric: gatedMetric('a'), nights: nights.slice(1), elsewhere: 0, tonight: 4.6 }],
  );
  expect(few.verdict).toBe('no-baseline');
  expect(few.findings.reasons[0]?.message).toBe('found 7 earlier nights under equal conditions, expected at least 8');
  const moved = storedGate(policy, [], [{ metric: gatedMetric('a'), nights: [], elsewhere: 60, tonight: 4.6 }]);
  expect(moved.findings.reasons[0]?.message).toBe(
    'found 0 earlier nights under equal conditions, expected at least 8; of 60 others the environment or the load was another',
  );
});

test('a night without the figure is inconclusive, and what is acknowledged fails nothing', () => {
  expect(gate(null)).toMatchObject({ verdict: 'inconclusive', findings: { reasons: [{ code: 'no-figure' }] } });
  const acks = [{ metric: 'response.p95', cell: null, until: '2099-01-01', reason: 'known' }] as const;
  const known = storedGate(policy, acks, [{ metric: gatedMetric('a'), nights, elsewhere: 0, tonight: 4.8 }]);
  expect([known.verdict, known.findings.metrics[0]?.finding]).toEqual(['pass', 'acknowledged']);
  expect(known.findings.cautions[0]).toMatchObject({ code: 'acknowledged', where: 'a' });
});

test('a night on which too many requests failed for the figure is told from one that was too short', () => {
  const { verdict, findings } = gate('broken');
  expect(verdict).toBe('inconclusive');
  expect(findings.reasons[0]?.message).toBe('so many requests failed tonight that there is no response.p95');
});

test('a sure change for the worse fails beside metrics that tell nothing, and no other keeps them from being told', () => {
  const worse = { metric: gatedMetric('a'), nights, elsewhere: 0, tonight: 4.8 };
  const same = { metric: gatedMetric('a'), nights, elsewhere: 0, tonight: 4.6 };
  const young = { metric: gatedMetric('new'), nights: nights.slice(1), elsewhere: 0, tonight: 4.6 };
  const broken = { metric: gatedMetric('broken'), nights, elsewhere: 0, tonight: 'broken' } as const;
  const told = (...metrics: Parameters<typeof storedGate>[2]) => {
    const { verdict, findings } = storedGate(policy, [], metrics);
    return [verdict, findings.reasons.map(({ code, where }) => `${where}: ${code}`), findings.metrics.length];
  };
  expect(told(young, worse)).toEqual(['fail', ['a: worse', 'new: no-baseline'], 1]);
  expect(told(broken, worse)).toEqual(['fail', ['a: worse', 'broken: no-figure'], 1]);
  expect(told(young, same)).toEqual(['no-baseline', ['new: no-baseline'], 1]);
  expect(told(young, broken, same)).toEqual(['inconclusive', ['broken: no-figure', 'new: no-baseline'], 1]);
});

test('nights of two levels are told: one that goes back to the worse of them passes', () => {
  const better = nights.map((night) => night - 0.3);
  const cautions = (of: readonly number[]) =>
    storedGate(
      policy,
      [],
      [{ metric: gatedMetric('a'), nights: of, elsewhere: 0, tonight: 4.6 }],
    ).findings.cautions.filter(({ code }) => code === 'nights-changed');
  expect(cautions([...nights, ...better]).map(({ message }) => message)).toEqual([
    'the 16 earlier nights are not of one level: the last 8 of them lie 25.9 % lower than those before, and tonight is held against all',
  ]);
  expect(cautions(nights)).toEqual([]);
  expect(cautions([...nights, ...nights.toReversed()])).toEqual([]);
});
