import { describe, expect, test } from 'vitest';
import { defaultGatePolicy } from '../../../../src/campaign/gate-schema.ts';
import type { GatePair } from '../../../../src/verdict/gate/pair.ts';
import { confirmStep, gateStep } from '../../../../src/verdict/gate/step.ts';
import { drawnPairs, gatedMetric, invalidPairs, question } from '../../../support/gate-pairs.ts';

const policy = defaultGatePolicy();
const codes = (step: ReturnType<typeof gateStep>) => step.findings.reasons.map(({ code, where }) => `${code} ${where}`);

describe('the paired gate', () => {
  test('asks for the pairs of its next look and decides nothing before', () => {
    expect(gateStep(question(), [])).toMatchObject({ kind: 'more', pairs: 8 });
    expect(gateStep(question(), drawnPairs(7, { a: 2, b: 2 }))).toMatchObject({ kind: 'more', pairs: 8 });
  });

  test('fails at the metric that is worse, and says by how much', () => {
    const step = gateStep(question(), drawnPairs(8, { a: 1, b: 1.15 }));
    expect([step.kind, codes(step)]).toEqual(['fail', ['worse b']]);
    expect(step.findings.metrics[1]?.worse).toBeGreaterThan(0.1);
    expect(step.findings.reasons[0]?.message).toMatch(/^worse by 1\d(\.\d)? % \(at least 1?\d(\.\d+)? %\)/);
  });

  test('passes when nothing has changed, and when all is better', () => {
    expect(gateStep(question(), drawnPairs(8, { a: 1, b: 1 }, { spread: 0.01 })).kind).toBe('pass');
    expect(gateStep(question(), drawnPairs(8, { a: 0.8, b: 0.9 })).kind).toBe('pass');
  });

  test('wants more pairs where the bound is not below the threshold, and ends when they are spent', () => {
    const noisy = { spread: 0.02, name: 'n2' };
    const first = gateStep(question(), drawnPairs(8, { a: 1.04, b: 1 }, noisy));
    expect(first).toMatchObject({ kind: 'more', pairs: 16 });
    const last = gateStep(question(), drawnPairs(16, { a: 1.04, b: 1 }, noisy));
    expect([last.kind, codes(last)]).toEqual(['inconclusive', ['budget-spent a']]);
  });

  test('a change above the threshold that is below the absolute floor fails nothing', () => {
    const pairs = drawnPairs(8, { a: 1.2, b: 1 }, { level: 0.2 });
    expect(gateStep(question(), pairs).kind).not.toBe('fail');
    expect(gateStep(question({ metrics: [gatedMetric('a', { floor: 0 }), gatedMetric('b')] }), pairs).kind).toBe(
      'fail',
    );
  });

  test('a sure change below the threshold fails nothing', () => {
    const step = gateStep(question(), drawnPairs(16, { a: 1.03, b: 1 }, { spread: 0.002 }));
    expect(step.findings.metrics[0]?.adjusted).toBeLessThan(0.001);
    expect(step.kind).toBe('pass');
  });

  test('of a throughput less is worse', () => {
    const metrics = [gatedMetric('a', { metric: 'throughput', unit: '/s', better: 'higher', floor: 0 })];
    expect(gateStep(question({ metrics }), drawnPairs(8, { a: 0.8 })).kind).toBe('fail');
    expect(gateStep(question({ metrics }), drawnPairs(8, { a: 1.2 })).kind).toBe('pass');
  });

  test('is invalid when more than half of the pairs are, whatever the others show', () => {
    const mostly = [...invalidPairs(5), ...drawnPairs(3, { a: 9, b: 9 }, { spread: 0.001 })];
    const step = gateStep(question(), mostly);
    expect([step.kind, codes(step)]).toEqual(['invalid', ['invalid-pairs pairs']]);
    expect(gateStep(question(), invalidPairs(8)).kind).toBe('invalid');
    const half = [...invalidPairs(2), ...drawnPairs(6, { a: 2, b: 1 })];
    expect(gateStep(question(), half)).toMatchObject({ kind: 'fail', findings: { pairs: { run: 8, valid: 6 } } });
  });

  test('refuses a policy that is finer than the noise, with the threshold that would do', () => {
    const step = gateStep(question(), drawnPairs(8, { a: 1, b: 1 }, { spread: 0.3 }));
    expect([step.kind, codes(step)[0]]).toEqual(['inconclusive', 'policy-finer-than-noise a']);
    expect(step.findings.reasons[0]?.hint).toMatch(/set a threshold of \d+(\.\d+)? % or more/);
  });

  test('cautions where the pairs detect less than the threshold', () => {
    const step = gateStep(question(), drawnPairs(16, { a: 0.9, b: 0.9 }, { spread: 0.04, name: 'coarse' }));
    expect(step.kind).toBe('pass');
    expect(step.findings.cautions.map(({ code }) => code)).toContain('policy-finer-than-noise');
  });

  test('what is acknowledged fails nothing and is told', () => {
    const acks = [
      { metric: 'response.p95', cell: null, until: '2026-12-31', reason: 'the new model is larger' },
    ] as const;
    const step = gateStep(question({ acks }), drawnPairs(8, { a: 1.3, b: 0.9 }));
    expect(step.kind).toBe('pass');
    expect(step.findings.metrics[0]?.finding).toBe('acknowledged');
    expect(step.findings.cautions[0]).toMatchObject({ code: 'acknowledged', where: 'a' });
    const other = [{ ...acks[0], cell: 'other/load' }];
    expect(gateStep(question({ acks: other }), drawnPairs(8, { a: 1.3, b: 0.9 })).kind).toBe('fail');
  });

  test('what is acknowledged asks for no further pairs and leaves nothing open', () => {
    const acks = [{ metric: 'response.p95', cell: null, until: '2026-12-31', reason: 'larger' }] as const;
    const unsure = drawnPairs(8, { a: 1.04, b: 1 }, { spread: 0.02, name: 'n2' });
    expect(gateStep(question(), unsure).kind).toBe('more');
    const step = gateStep(question({ acks }), unsure);
    expect([step.kind, step.findings.metrics[0]?.finding]).toEqual(['pass', 'acknowledged']);
    const noisy = drawnPairs(8, { a: 1, b: 1 }, { spread: 0.3 });
    expect(gateStep(question({ acks }), noisy).kind).toBe('pass');
  });

  test('a figure that most pairs do not have is no ground for a verdict', () => {
    const step = gateStep(question(), drawnPairs(8, { a: 0.9 }));
    expect([step.kind, codes(step)]).toEqual(['inconclusive', ['no-figure b']]);
  });

  describe('where too many requests fail for a figure', () => {
    const one = question({ metrics: [gatedMetric('a')] });
    const without = (
      pairs: readonly GatePair[],
      side: 'baseline' | 'candidate',
      which: readonly number[],
      figure = Number.POSITIVE_INFINITY,
    ): GatePair[] =>
      pairs.map((pair, index): GatePair => {
        if (pair.kind === 'invalid' || !which.includes(index)) return pair;
        return {
          kind: 'valid',
          figures: new Map([...pair.figures].map(([id, found]) => [id, { ...found, [side]: figure }])),
        };
      });
    const all = [0, 1, 2, 3, 4, 5, 6, 7];

    test('in every trial of the candidate, it fails and the reason says so', () => {
      const step = gateStep(one, without(drawnPairs(8, { a: 1 }), 'candidate', all));
      expect([step.kind, codes(step)]).toEqual(['fail', ['worse a']]);
      expect(step.findings.reasons[0]?.message).toBe(
        "in 8 of 8 pairs so many of the candidate's requests failed that it has no response.p95, and the baseline has one",
      );
    });

    test('in some of them, it never passes on the strength of the others', () => {
      const better = (count: number) => drawnPairs(count, { a: 0.9 }, { spread: 0.001 });
      expect(gateStep(one, better(8)).kind).toBe('pass');
      expect(gateStep(one, without(better(8), 'candidate', [3])).kind).toBe('more');
      const last = gateStep(one, without(better(16), 'candidate', [3, 9, 12]));
      expect([last.kind, codes(last)]).toEqual(['inconclusive', ['budget-spent a']]);
      expect(last.findings.reasons[0]?.message).toMatch(/^in 3 of 16 pairs so many/);
    });

    test('in trials of the baseline alone, the candidate is not blamed', () => {
      const step = gateStep(one, without(drawnPairs(8, { a: 1 }, { spread: 0.01 }), 'baseline', [0, 1, 2]));
      expect(step.kind).toBe('pass');
      expect(gateStep(one, without(drawnPairs(8, { a: 1 }), 'baseline', all)).kind).not.toBe('fail');
    });

    test('in all trials of both, there is no figure', () => {
      const neither = without(without(drawnPairs(8, { a: 1 }), 'baseline', all), 'candidate', all);
      const step = gateStep(one, neither);
      expect([step.kind, codes(step)]).toEqual(['inconclusive', ['no-figure a']]);
    });

    test('a throughput of nothing at all is worse than any other', () => {
      const metrics = [gatedMetric('a', { metric: 'throughput', unit: '/s', better: 'higher', floor: 0 })];
      expect(gateStep(question({ metrics }), without(drawnPairs(8, { a: 1 }), 'candidate', all, 0)).kind).toBe('fail');
    });

    test('five metrics take the second look before they fail, as each has its part of the alarms', () => {
      const five = question({ metrics: ['a', 'b', 'c', 'd', 'e'].map((id) => gatedMetric(id)) });
      const drawn = (count: number) => drawnPairs(count, { a: 1, b: 1, c: 1, d: 1, e: 1 });
      expect(gateStep(five, without(drawn(8), 'candidate', all)).kind).toBe('more');
      expect(gateStep(five, without(drawn(16), 'candidate', [...all, 8, 9, 10, 11, 12, 13, 14, 15])).kind).toBe('fail');
    });
  });

  test('five unchanged metrics raise no alarm that one alone would not survive', () => {
    const metrics = ['a', 'b', 'c', 'd', 'e'].map((id) => gatedMetric(id, { threshold: 0.001, floor: 0 }));
    const [one] = metrics;
    const pairs = drawnPairs(8, { a: 1.06, b: 1, c: 1, d: 1, e: 1 }, { spread: 0.0335, name: 'five' });
    const alone = gateStep(question({ metrics: one === undefined ? [] : [one] }), pairs).findings.metrics[0];
    const among = gateStep(question({ metrics }), pairs).findings.metrics[0];
    expect(among?.pValue).toBe(alone?.pValue);
    expect(among?.adjusted).toBeCloseTo(5 * (alone?.pValue ?? 0), 12);
  });
});

describe('the error of two looks is shared between them', () => {
  const one = question({ metrics: [gatedMetric('a', { floor: 0 })] });
  /** Eight pairs whose log ratios have this mean and this standard deviation. */
  const exactPairs = (mean: number, deviation: number): GatePair[] =>
    Array.from({ length: 8 }, (_, index) => {
      const log = mean + (index % 2 === 0 ? 1 : -1) * deviation * Math.sqrt(7 / 8);
      return { kind: 'valid', figures: new Map([['a', { baseline: 50, candidate: 50 * Math.exp(log) }]]) };
    });

  test('a bound that would pass at a single look does not at the first of two', () => {
    // t at 7 degrees: 1.89 standard errors at 0.95, 2.36 at 0.975.
    const pairs = exactPairs(0, 0.065);
    expect(gateStep(one, pairs)).toMatchObject({ kind: 'more', pairs: 16 });
    expect(gateStep(question({ ...one, policy: { ...policy, looks: [8] } }), pairs).kind).toBe('pass');
  });

  test('a p-value that would fail at a single look does not at the first of two', () => {
    const pairs = exactPairs(0.0625, 0.0566);
    const step = gateStep(one, pairs);
    expect(step.findings.metrics[0]?.pValue).toBeCloseTo(0.0086, 3);
    expect(step).toMatchObject({ kind: 'more', pairs: 16 });
    expect(gateStep(question({ ...one, policy: { ...policy, looks: [8] } }), pairs).kind).toBe('fail');
  });
});

describe('a repetition', () => {
  const first = gateStep(question(), drawnPairs(8, { a: 1.2, b: 1 }));

  test('confirms a fail that holds', () => {
    expect(confirmStep(question(), first, drawnPairs(8, { a: 1.2, b: 1 }, { name: 'again' })).kind).toBe('fail');
  });

  test('lifts one that does not', () => {
    const step = confirmStep(question(), first, drawnPairs(8, { a: 1, b: 1 }, { name: 'again' }));
    expect([step.kind, codes(step)]).toEqual(['inconclusive', ['not-confirmed a']]);
  });

  test('does not put another metric in its place', () => {
    expect(confirmStep(question(), first, drawnPairs(8, { a: 1, b: 1.2 }, { name: 'again' })).kind).toBe(
      'inconclusive',
    );
  });

  test('that is invalid proves nothing', () => {
    expect(confirmStep(question(), first, invalidPairs(8)).kind).toBe('invalid');
  });
});

test('defaults are those of the measurement pages', () => {
  expect(policy).toMatchObject({ alpha: 0.01, beta: 0.05, looks: [8, 16], threshold: 0.05, confirm: 'none' });
});
