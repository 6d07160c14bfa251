import { gcd } from './gcd.ts';

/**
 * How k6 splits ticks among instances that run equal execution segments. Its ticks follow how the virtual users split, not
 * the segment's length: segments are drawn anew in proportion to their share of the VUs, and ticks dealt to them in stripes
 * (k6 2.2, lib/execution_segment.go). Held against the real k6 by a test.
 */
export interface Stripes {
  /** The first tick of this instance, from 0; null: it has no VU, and so no tick. */
  readonly first: number | null;
  /** Distances from one tick of this instance to the next, over and over. */
  readonly steps: readonly number[];
}

/** VUs of instance `index` of `of` that share `vus` (k6: ScaleInt64 over equal segments). */
export const vusOf = (vus: number, { index, of }: { readonly index: number; readonly of: number }): number =>
  Math.floor(vus / of) + (index < vus % of ? 1 : 0);

/** `--execution-segment` and `--execution-segment-sequence` of an instance. */
export function segmentOf({ index, of }: { readonly index: number; readonly of: number }): {
  readonly segment: string;
  readonly sequence: string;
} {
  const at = (i: number): string => {
    if (i === 0) return '0';
    if (i === of) return '1';
    const common = gcd(i, of);
    return `${i / common}/${of / common}`;
  };
  return {
    segment: `${at(index)}:${at(index + 1)}`,
    sequence: Array.from({ length: of + 1 }, (_, i) => at(i)).join(','),
  };
}

/** The ticks of one instance where `vus` are shared by equal segments. */
export function stripesOf(vus: number, share: { readonly index: number; readonly of: number }): Stripes {
  if (vusOf(vus, share) === 0) return { first: null, steps: [] };
  const shares = Array.from({ length: share.of }, (_, index) => vusOf(vus, { index, of: share.of })).filter(
    (count) => count > 0,
  );
  const dealt = vus % share.of === 0 ? striped(shares.map(() => 1)) : striped(inLowestTerms(shares, vus));
  const [first, ...steps] = dealt[share.index] as readonly number[];
  return { first: first ?? null, steps };
}

/** Numerators over the least common denominator of shares of a whole. */
function inLowestTerms(shares: readonly number[], whole: number): number[] {
  const denominators = shares.map((share) => whole / gcd(share, whole));
  const common = denominators.reduce((lcm, next) => (lcm / gcd(lcm, next)) * next, 1);
  return shares.map((share) => (share * common) / whole);
}

/** Per segment its first element and the distances that follow, of `sum(numerators)` elements dealt over and over. */
function striped(numerators: readonly number[]): number[][] {
  const whole = numerators.reduce((sum, each) => sum + each, 0);
  const largestFirst = numerators
    .map((numerator, segment) => ({ numerator, segment, taken: 0, last: 0 }))
    .sort((a, b) => b.numerator - a.numerator || a.segment - b.segment);
  const offsets: number[][] = numerators.map(() => []);
  for (let element = 0; element < whole; element++) {
    const taker = largestFirst.find(({ taken, numerator }) => element >= (taken * whole) / numerator);
    if (taker === undefined) continue;
    const own = offsets[taker.segment] as number[];
    own.push(element - taker.last);
    taker.taken++;
    taker.last = element;
    if (own.length === taker.numerator) own.push((own[0] as number) + whole - element);
  }
  return offsets;
}
