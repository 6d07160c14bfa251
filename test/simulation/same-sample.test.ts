import { expect, test } from 'vitest';
import { exponential } from '../../src/scenarios/exponential.ts';
import { type Rng, stream } from '../../src/scenarios/rng.ts';
import type { RepeatFinding } from '../../src/stats/comparison/repeats.ts';
import { sameSampleAudit } from '../../src/targets/endpoint/same-sample.ts';

const REPEATED = 1500;
const MS = 1e6;

/** Times of requests on a virtual clock: `costMs` of a sample, `isAgain`: it was asked for before. */
type Law = (
  rng: Rng,
  request: { readonly sample: number; readonly isAgain: boolean; readonly index: number },
) => number;

async function audited(law: Law, rng: Rng, pairs = 32): Promise<RepeatFinding> {
  const seen = new Set<number>();
  let [atNs, index] = [0, 0];
  return sameSampleAudit({
    count: 1000,
    pairs,
    withinNs: Number.POSITIVE_INFINITY,
    now: () => atNs,
    random: () => rng.next(),
    ask: async (sample) => {
      atNs += law(rng, { sample, isAgain: seen.has(sample), index: index++ }) * MS;
      seen.add(sample);
      return true;
    },
  });
}

async function alarms(name: string, law: Law): Promise<number> {
  const rng = stream('3', name);
  let count = 0;
  for (let i = 0; i < REPEATED; i++) if ((await audited(law, rng)).kind === 'faster-again') count++;
  return count / REPEATED;
}

/** What a sample costs: from 5 to 150 ms, most of them little. */
const costMs = (sample: number): number => 5 + 145 * ((sample * 0.618034) % 1) ** 3;
const noisy = (rng: Rng, ms: number): number => ms * (0.9 + 0.2 * exponential(rng));

/** Replicas in turn, each twice as fast as the one before it. */
const replicas =
  (count: number): Law =>
  (rng, { sample, index }) =>
    noisy(rng, costMs(sample)) / 2 ** (index % count);
const settling: Law = (rng, { sample, index }) => noisy(rng, costMs(sample)) * (1 + Math.exp(-index / 5));

test.each<readonly [string, Law]>([
  ['samples of the same cost', (rng) => noisy(rng, 20)],
  ['samples that cost differently', (rng, { sample }) => noisy(rng, costMs(sample))],
  ['wild outliers', (rng, { sample }) => noisy(rng, costMs(sample)) * (rng.next() < 0.1 ? 20 : 1)],
  ['two replicas in turn', replicas(2)],
  ['three replicas in turn', replicas(3)],
  ['four replicas in turn', replicas(4)],
  ['an endpoint that gets faster as it warms', settling],
])('without a cache an alarm is raised in 1 %% of audits at most: %s', async (name, law) => {
  expect(await alarms(name, law)).toBeLessThanOrEqual(0.01);
});

test.each<[string, Law, number]>([
  ['answers from memory', (rng, { isAgain }) => noisy(rng, isAgain ? 1 : 20), 0.99],
  [
    'a prefix of the work from memory',
    (rng, { sample, isAgain }) => noisy(rng, costMs(sample)) * (isAgain ? 0.7 : 1),
    0.9,
  ],
  [
    'a cache on one replica of two',
    (rng, { sample, isAgain }) => noisy(rng, isAgain && rng.next() < 0.5 ? 1 : costMs(sample)),
    0.9,
  ],
])('a cache is caught: %s', async (name, law, share) => {
  expect(await alarms(name, law)).toBeGreaterThan(share);
});

test('a difference below a tenth is nothing, however sure, and few pairs tell nothing', async () => {
  const rng = stream('3', 'small');
  const slightly: Law = (_, { isAgain }) => (isAgain ? 20 : 21.5);
  const finding = await audited(slightly, rng);
  expect(finding).toMatchObject({ kind: 'nothing-found', pairs: 32 });
  expect(finding.pValue).toBeLessThan(1e-8);
  expect(await audited(slightly, rng, 7)).toMatchObject({ kind: 'too-few', pairs: 7, pValue: null });
});
