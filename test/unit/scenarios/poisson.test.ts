import { expect, test } from 'vitest';
import { exponential } from '../../../src/scenarios/exponential.ts';
import type { RateProfile } from '../../../src/scenarios/phase.ts';
import { arrivalsBefore, constantRate, integral } from '../../../src/scenarios/profile.ts';
import { stream } from '../../../src/scenarios/rng.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import {
  exponentialCdf,
  gapsOf,
  KS_CRITICAL,
  ksStatistic,
  uniformCdf,
  variation,
} from '../../support/kolmogorov-smirnov.ts';
import { instantsOf, openPhase, sharesOf } from '../../support/schedules.ts';

const RATE = 1000;
const steady = openPhase('poisson', constantRate(RATE, seconds(160)));

/** Gaps in units of their mean. */
const unitGaps = (instants: readonly number[], rate: number) => gapsOf(instants).map((gap) => (gap * rate) / 1e9);

test.each(['1', '2', '3'])('the gaps of a constant rate are exponential (seed %s)', (seed) => {
  const gaps = unitGaps(instantsOf(steady, { index: 0, of: 1 }, seed), RATE);
  expect(gaps).toHaveLength(160 * RATE - 1);
  expect(ksStatistic(gaps, exponentialCdf)).toBeLessThan(KS_CRITICAL);
  expect(variation(gaps)).toBeCloseTo(1, 1.5);
});

test('the gaps of each of eight shares are exponential too', () => {
  for (const share of sharesOf(8)) {
    const gaps = unitGaps(instantsOf(steady, share), RATE / 8);
    expect(gaps).toHaveLength(20 * RATE - 1);
    expect(ksStatistic(gaps, exponentialCdf)).toBeLessThan(KS_CRITICAL);
    expect(Math.abs(variation(gaps) - 1)).toBeLessThan(0.03);
  }
});

test('every eighth of a Poisson stream would not be Poisson, and the test on gaps says so', () => {
  const striped = instantsOf(steady).filter((_, i) => i % 8 === 0);
  const gaps = unitGaps(striped, RATE / 8);
  expect(ksStatistic(gaps, exponentialCdf)).toBeGreaterThan(10 * KS_CRITICAL);
  expect(variation(gaps)).toBeCloseTo(1 / Math.sqrt(8), 1);
});

test.each<[string, RateProfile]>([
  ['a ramp', [{ from: 10, to: 990, durationNs: seconds(40) }]],
  ['a ramp from zero', [{ from: 0, to: 1000, durationNs: seconds(40) }]],
  ['a ramp to zero', [{ from: 1000, to: 0, durationNs: seconds(40) }]],
  [
    'a spike',
    [
      { from: 100, to: 2000, durationNs: seconds(2) },
      { from: 2000, to: 2000, durationNs: seconds(5) },
      { from: 2000, to: 100, durationNs: seconds(3) },
    ],
  ],
])('the arrivals on %s follow its rate, in all and in every share', (_, profile) => {
  const phase = openPhase('poisson', profile);
  const whole = integral(profile);
  for (const share of [{ index: 0, of: 1 }, ...sharesOf(8)]) {
    const places = instantsOf(phase, share).map((at) => arrivalsBefore(profile, ns(at)) / whole);
    expect(ksStatistic(places, uniformCdf)).toBeLessThan(KS_CRITICAL);
    const gaps = gapsOf(places).map((gap) => gap * places.length);
    expect(ksStatistic(gaps, exponentialCdf)).toBeLessThan(KS_CRITICAL);
  }
});

test.each([1, 2, 254, 255, 256, 257, 511, 1000])('%i arrivals are the normalised sums of one gap more', (n) => {
  const rng = stream('7', 'arrivals/load/1/load');
  const gaps = Array.from({ length: n + 1 }, () => exponential(rng));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  const expected = gaps.slice(0, n).map((_, i) => gaps.slice(0, i + 1).reduce((sum, gap) => sum + gap, 0) / total);
  const instants = instantsOf(openPhase('poisson', constantRate(n, seconds(1))));
  expect(instants).toHaveLength(n);
  for (const [i, u] of expected.entries()) expect(Math.abs((instants[i] ?? 0) - u * 1e9)).toBeLessThan(0.51);
});

test('the offered rate is the wanted one, whatever the seed', () => {
  const phase = openPhase('poisson', constantRate(120, seconds(20)));
  for (let seed = 0; seed < 20; seed++) expect(instantsOf(phase, { index: 0, of: 1 }, `${seed}`)).toHaveLength(2400);
});

test('where the integral is no whole number, arrivals still reach the end and never pile up there', () => {
  // 1.6 arrivals round to 2; over many seeds both are spread evenly over the whole phase.
  const phase = openPhase('poisson', constantRate(1.6, seconds(1)));
  const places = Array.from({ length: 2000 }, (_, seed) => instantsOf(phase, { index: 0, of: 1 }, `${seed}`)).flat();
  expect(places).toHaveLength(4000);
  expect(
    ksStatistic(
      places.map((at) => at / 1e9),
      uniformCdf,
    ),
  ).toBeLessThan(KS_CRITICAL);
});
