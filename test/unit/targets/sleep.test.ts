import { expect, test } from 'vitest';
import { stream } from '../../../src/scenarios/rng.ts';
import { Outcome } from '../../../src/stats/outcome.ts';
import { SleepTarget, sleepDeadline } from '../../../src/targets/sleep.ts';
import { threadClock } from '../../../src/time/monotonic.ts';
import { milliseconds, ns } from '../../../src/time/ns.ts';

const never = (): number => {
  throw new Error('a law without chance drew');
};

test('a constant service time adds itself', () => {
  expect(sleepDeadline({ kind: 'constant', ns: ns(5) }, ns(100), never)).toBe(105);
});

test('a stall holds what meets it until it is over, and nothing else', () => {
  const law = { kind: 'stall', atNs: ns(100), forNs: ns(30), otherwiseNs: ns(7) } as const;
  const ends = [-50, 99, 100, 101, 129, 130].map((now) => sleepDeadline(law, ns(now), never));
  expect(ends).toEqual([-43, 106, 137, 137, 137, 137]);
});

/** Deadlines of `n` requests begun at 0, ascending. */
function draws(law: Parameters<typeof sleepDeadline>[0], n: number): number[] {
  const rng = stream('7', 'sleep');
  return Array.from({ length: n }, () => sleepDeadline(law, ns(0), () => rng.next()) as number).sort((a, b) => a - b);
}

/** Largest distance between the empirical distribution and `cdf`, times the root of n: 1.95 is its 99.9 % quantile. */
function kolmogorov(values: readonly number[], cdf: (x: number) => number): number {
  const n = values.length;
  const distances = values.map((x, i) => Math.max(Math.abs(cdf(x) - i / n), Math.abs(cdf(x) - (i + 1) / n)));
  return Math.max(...distances) * Math.sqrt(n);
}

test('exponential service times follow their law', () => {
  const values = draws({ kind: 'exponential', meanNs: milliseconds(5) }, 20_000);
  expect(kolmogorov(values, (x) => 1 - Math.exp(-x / 5e6))).toBeLessThan(1.95);
});

test('lognormal service times have the median and the 99th percentile that were asked for', () => {
  const values = draws({ kind: 'lognormal', medianNs: milliseconds(5), p99Ns: milliseconds(40) }, 50_000);
  expect((values[25_000] as number) / 5e6).toBeCloseTo(1, 1);
  expect((values[49_500] as number) / 40e6).toBeCloseTo(1, 1);
  const sigma = Math.log(8) / 2.3263478740408408;
  const logs = values.map((value) => Math.log(value / 5e6) / sigma);
  const mean = logs.reduce((sum, z) => sum + z, 0) / logs.length;
  const variance = logs.reduce((sum, z) => sum + (z - mean) ** 2, 0) / logs.length;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(variance - 1)).toBeLessThan(0.03);
});

test('a sleep is never shorter than its law, and seldom noticeably longer', async () => {
  const clock = threadClock(process.hrtime.bigint());
  const target = new SleepTarget({ kind: 'constant', ns: milliseconds(2) });
  await target.open({ now: () => clock.now(), random: never });
  const spans = Array.from({ length: 60 }, () => {
    const from = clock.now();
    expect(target.infer()).toBe(Outcome.ok);
    return clock.now() - from;
  }).sort((a, b) => a - b);
  expect(spans[0]).toBeGreaterThanOrEqual(2e6);
  // Where others want the processor, one in ten at least is not interrupted.
  expect(spans[6]).toBeLessThan(2.2e6);
});

test('a target that was not opened says so', () => {
  expect(() => new SleepTarget({ kind: 'constant', ns: ns(1) }).infer()).toThrow('sleep: asked before it was opened');
});
