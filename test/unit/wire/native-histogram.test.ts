import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Histogram } from '../../../src/stats/histogram.ts';
import {
  NATIVE_SCHEMA,
  type NativeBuckets,
  nativeBuckets,
  ZERO_THRESHOLD,
} from '../../../src/wire/metrics/native-histogram.ts';

const FACTOR = 2 ** (2 ** -NATIVE_SCHEMA);

/** What a reader of native histograms makes of them: the upper bound, s, and the count of every occupied bucket. */
function read({ zeroCount, spans, deltas }: NativeBuckets): readonly (readonly [boundS: number, count: number])[] {
  const found: [number, number][] = [[ZERO_THRESHOLD, zeroCount]];
  let index = 0;
  let count = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let place = 0; place < length; place++) {
      count += deltas[at++] ?? Number.NaN;
      found.push([FACTOR ** index++, count]);
    }
  }
  expect(at).toBe(deltas.length);
  return found;
}

function histogramOf(durationsNs: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const duration of durationsNs) histogram.record(duration);
  return histogram;
}

describe('native buckets', () => {
  test('have a bound at every power of two', () => {
    // 2^-10 s are 976.6 µs.
    expect(nativeBuckets(histogramOf([976e3, 977e3]))).toEqual({
      zeroCount: 0,
      spans: [{ offset: -320, length: 2 }],
      deltas: [1, 0],
    });
  });

  test('leave out runs of empty ones, and tell each count by its difference from the one before', () => {
    const histogram = histogramOf([400, 400, 1e6, 1e6, 1e6, 1.02e6, 8e6]);
    const { zeroCount, spans, deltas } = nativeBuckets(histogram);
    expect(zeroCount).toBe(2);
    expect(spans.map(({ length }) => length)).toEqual([2, 1]);
    expect(deltas).toEqual([3, -2, 0]);
  });

  test('of nothing are none', () => {
    expect(nativeBuckets(new Histogram())).toEqual({ zeroCount: 0, spans: [], deltas: [] });
  });

  test('lose no count, and hold every percentile of ours in the bucket of its rank', () => {
    const durations = fc.array(fc.oneof(fc.integer({ min: 0, max: 4e6 }), fc.integer({ min: 0, max: 3.6e12 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, p) => {
        const histogram = histogramOf(values);
        const buckets = read(nativeBuckets(histogram));
        expect(buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(values.length);
        expect(buckets.slice(1).every(([, count]) => count > 0)).toBe(true);
        const rank = Math.max(1, Math.ceil(p * values.length - 1e-9));
        let seen = 0;
        const [bound = Number.NaN] =
          buckets.find(([, count]) => {
            seen += count;
            return seen >= rank;
          }) ?? [];
        const ours = histogram.quantileNs(p) / 1e9;
        if (bound === ZERO_THRESHOLD) expect(ours).toBeLessThanOrEqual(bound);
        else {
          expect(ours).toBeLessThanOrEqual(bound * (1 + 1e-9));
          // The largest value of a bucket of ours may be cut to the largest that was seen: up to 1/1024 lower, 0.5 µs at least.
          expect(ours).toBeGreaterThan((bound / FACTOR) * (1 - 1 / 1024) - 0.5e-6);
        }
      }),
    );
  });
});
