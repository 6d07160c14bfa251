import { expect, test } from 'vitest';
import { sampleKeys, sampleOf } from '../../../../src/agent/runner/samples.ts';
import { openLoad, phase } from '../../../support/trial-spec.ts';

const phases = [phase('warmup', -1, 1, openLoad(1, 1)), phase('load', 0, 1, openLoad(1, 1))];

test('the same seed, phase and sequence number give the same sample; another of them gives another', () => {
  const keys = sampleKeys(phases, { seed: '7', scenario: 's', trial: 1 });
  expect(keys).toEqual(sampleKeys(phases, { seed: '7', scenario: 's', trial: 1 }));
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys).not.toEqual(sampleKeys(phases, { seed: '7', scenario: 's', trial: 2 }));
  expect(sampleOf(1, 5)).toBe(sampleOf(1, 5));
  expect(sampleOf(1, 5)).not.toBe(sampleOf(2, 5));
  expect(sampleOf(1, 5)).not.toBe(sampleOf(1, 5 + 2 ** 32));
});

test('samples use the whole of a pool evenly', () => {
  const pool = 16;
  const seen = new Array<number>(pool).fill(0);
  for (let seq = 0; seq < 16_000; seq++) {
    const at = sampleOf(12345, seq) % pool;
    seen[at] = (seen[at] ?? 0) + 1;
  }
  // Chi-square with 15 degrees of freedom: 37.7 is its 99.9 % quantile.
  expect(seen.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(37.7);
});
