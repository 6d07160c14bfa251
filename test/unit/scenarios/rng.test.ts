import { expect, test } from 'vitest';
import { stream } from '../../../src/scenarios/rng.ts';
import { KS_CRITICAL, ksStatistic, uniformCdf } from '../../support/kolmogorov-smirnov.ts';

const U64 = (value: bigint) => BigInt.asUintN(64, value);
const U32 = (value: bigint) => BigInt.asUintN(32, value);

/** The generators as published, in whole-number arithmetic. */
const splitMix64 = (state: bigint): bigint => {
  let z = U64(state);
  z = U64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = U64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
};
const fnv1a64 = (text: string): bigint =>
  [...text].reduce((h, c) => U64((h ^ BigInt(c.charCodeAt(0))) * 0x100000001b3n), 0xcbf29ce484222325n);
function* xoshiro128(seed: readonly [bigint, bigint, bigint, bigint]): Generator<bigint, never> {
  const rotl = (x: bigint, k: bigint) => U32((x << k) | (x >> (32n - k)));
  let [a, b, c, d] = seed;
  for (;;) {
    yield U32(rotl(U32(b * 5n), 7n) * 9n);
    const t = U32(b << 9n);
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotl(d, 11n);
  }
}

test('the reference generators give their published first outputs', () => {
  const gamma = 0x9e3779b97f4a7c15n;
  expect([1n, 2n, 3n].map((k) => splitMix64(1234567n + k * gamma))).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
  ]);
  expect(fnv1a64('a')).toBe(0xaf63dc4c8601ec8cn);
  const xoshiro = xoshiro128([1n, 2n, 3n, 4n]);
  expect([xoshiro.next().value, xoshiro.next().value, xoshiro.next().value]).toEqual([11520n, 0n, 5927040n]);
});

test.each(['0', '7', '18446744073709551615'])('a stream under seed %s is xoshiro128** seeded by SplitMix64', (seed) => {
  const name = 'arrivals/load/1/load';
  const gamma = 0x9e3779b97f4a7c15n;
  const state = splitMix64(BigInt(seed)) ^ fnv1a64(name);
  const [first, second] = [splitMix64(state + gamma), splitMix64(state + 2n * gamma)];
  const reference = xoshiro128([U32(first), first >> 32n, U32(second), second >> 32n]);
  const rng = stream(seed, name);
  for (let i = 0; i < 100; i++) {
    const bits = (reference.next().value >> 5n) * 67108864n + (reference.next().value >> 6n);
    expect(rng.next()).toBe(Number(bits) / 2 ** 53);
  }
});

test('a stream replays under its seed and name and is another one under any other', () => {
  const draws = (seed: string, name: string) => {
    const rng = stream(seed, name);
    return Array.from({ length: 8 }, () => rng.next());
  };
  expect(draws('7', 'a')).toEqual(draws('7', 'a'));
  expect(draws('007', 'a')).toEqual(draws('7', 'a'));
  for (const other of [draws('8', 'a'), draws('7', 'b'), draws('7', 'A')]) expect(other).not.toEqual(draws('7', 'a'));
});

test('draws are uniform, and those of neighbouring streams are uncorrelated', () => {
  const n = 20_000;
  const names = ['arrivals/load/1/load', 'arrivals/load/2/load', 'shares/load/1/load'];
  const samples = names.map((name) => {
    const rng = stream('7', name);
    return Array.from({ length: n }, () => rng.next());
  });
  for (const sample of samples) expect(ksStatistic(sample, uniformCdf)).toBeLessThan(KS_CRITICAL);
  const correlation = (a: readonly number[], b: readonly number[]) =>
    (12 * a.reduce((sum, x, i) => sum + (x - 0.5) * ((b[i] ?? 0) - 0.5), 0)) / n;
  const [a = [], b = [], c = []] = samples;
  for (const r of [correlation(a, b), correlation(a, c), correlation(b, c), correlation(a, a.slice(1))]) {
    expect(Math.abs(r)).toBeLessThan(3.3 / Math.sqrt(n));
  }
});

test.each(['', '-1', '1.5', 'seven', '18446744073709551616'])('the seed "%s" is refused in one sentence', (seed) => {
  expect(() => stream(seed, 'a')).toThrow(
    `seed: found "${seed}", expected a whole number from 0 to 18446744073709551615, for example "7"`,
  );
});
