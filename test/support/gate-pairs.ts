import { defaultGatePolicy } from '../../src/campaign/gate-schema.ts';
import { stream } from '../../src/scenarios/rng.ts';
import { normalQuantile } from '../../src/stats/normal.ts';
import type { GatedMetric } from '../../src/verdict/gate/gated-metric.ts';
import type { GatePair } from '../../src/verdict/gate/pair.ts';
import type { GateQuestion } from '../../src/verdict/gate/step.ts';

export const gatedMetric = (id: string, more: Partial<GatedMetric> = {}): GatedMetric => ({
  id,
  cell: 'target/load',
  metric: 'response.p95',
  unit: 'ms',
  better: 'lower',
  threshold: 0.05,
  floor: 0.1,
  ...more,
});

export const question = (more: Partial<GateQuestion> = {}): GateQuestion => ({
  policy: defaultGatePolicy(),
  metrics: [gatedMetric('a'), gatedMetric('b')],
  acks: [],
  ...more,
});

/** Pairs around 50 with a scatter of `spread` per trial; the candidate's level is `ratio` times the baseline's. */
export function drawnPairs(
  count: number,
  ratios: Readonly<Record<string, number>>,
  { spread = 0.02, name = 'pairs', level = 50 } = {},
): GatePair[] {
  const rng = stream('5', name);
  const draw = (at: number): number => at * Math.exp(spread * normalQuantile(rng.next()));
  return Array.from({ length: count }, () => ({
    kind: 'valid',
    figures: new Map(
      Object.entries(ratios).map(([id, ratio]) => [id, { baseline: draw(level), candidate: draw(level * ratio) }]),
    ),
  }));
}

export const invalidPairs = (count: number): GatePair[] =>
  Array.from({ length: count }, () => ({ kind: 'invalid', why: 'the harness was late' }));
