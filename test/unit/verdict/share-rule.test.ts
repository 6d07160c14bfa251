import { expect, test } from 'vitest';
import { effectiveSize } from '../../../src/stats/effective.ts';
import {
  decideFact,
  decideShare,
  gravest,
  requestsMissing,
  type ShareRule,
  type TrialShare,
} from '../../../src/verdict/share-rule.ts';

const P95: ShareRule = { allowed: 0.05, confidence: 0.99 };
const independent = (over: number, n: number): TrialShare => ({ over, n, effective: n });
const decision = (...trials: TrialShare[]) => decideShare(trials, P95).decision;

test('a share is passed when its upper bound is below what is allowed, and failed when its lower bound is above', () => {
  expect(decision(independent(10, 398))).toBe('pass');
  expect(decision(independent(10, 397))).toBe('inconclusive');
  expect(decision(independent(30, 397))).toBe('inconclusive');
  expect(decision(independent(40, 397))).toBe('fail');
});

test('with none over, at least 107 requests are needed, for the inflation is estimated from 20 blocks', () => {
  const worth = (n: number): TrialShare => ({ over: 0, n, effective: effectiveSize(n, 1, 0.99) });
  expect(decision(worth(107))).toBe('pass');
  expect(decision(worth(106))).toBe('inconclusive');
});

test('the same share proves less when its requests are worth less', () => {
  expect(decision({ over: 20, n: 2000, effective: 2000 })).toBe('pass');
  expect(decision({ over: 20, n: 2000, effective: 100 })).toBe('inconclusive');
});

test('a gross breach fails whatever its requests are worth', () => {
  const outage = { over: 581, n: 4000, effective: 20 };
  expect(decideShare([outage], P95)).toMatchObject({ decision: 'fail', grossBreach: true });
  expect(decideShare([{ ...outage, over: 499 }], P95)).toMatchObject({ decision: 'inconclusive', grossBreach: false });
  expect(decideShare([{ over: 200, n: 719, effective: 2 }], P95).grossBreach).toBe(false);
  expect(decideShare([{ over: 200, n: 720, effective: 2 }], P95).grossBreach).toBe(true);
});

test('nothing measured is inconclusive', () => {
  expect(decideShare([], P95)).toMatchObject({ decision: 'inconclusive', low: 0, high: 1 });
});

test('up to four trials are judged by their pooled bounds', () => {
  const quarters = Array.from({ length: 4 }, () => independent(10, 500));
  expect(decideShare(quarters, P95)).toMatchObject(decideShare([independent(40, 2000)], P95));
});

test('five trials that scatter lose a pass that the pooled bounds alone would give', () => {
  const scattered = [0, 5, 10, 60, 100].map((over) => independent(over, 1000));
  expect(decideShare([independent(175, 5000)], P95).decision).toBe('pass');
  expect(decideShare(scattered, P95).decision).toBe('inconclusive');
});

test('five trials that agree keep the pass, and small counts alone do not make one', () => {
  expect(
    decideShare(
      Array.from({ length: 5 }, () => independent(20, 1000)),
      P95,
    ).decision,
  ).toBe('pass');
  expect(
    decideShare(
      Array.from({ length: 5 }, () => independent(0, 15)),
      P95,
    ).decision,
  ).toBe('inconclusive');
});

test('five trials that agree on too much fail where their requests together say so too', () => {
  const agreeing = (effective: number) => [61, 62, 63, 64, 65].map((over) => ({ over, n: 1000, effective }));
  expect(decideShare(agreeing(30), P95)).toMatchObject({ decision: 'inconclusive', scattered: false });
  expect(decideShare(agreeing(1000), P95).decision).toBe('fail');
});

test('five trials of which one alone is far above do not fail by the pool that it fills', () => {
  const odd = [40, 45, 50, 45, 149].map((over) => independent(over, 1000));
  expect(decideShare([independent(329, 5000)], P95).decision).toBe('fail');
  expect(decideShare(odd, P95)).toMatchObject({ decision: 'inconclusive', scattered: true });
});

test('a fact passes when the nearest rank lies under the limit, and needs its floor', () => {
  expect(decideFact(5, 100, P95)).toBe('pass');
  expect(decideFact(6, 100, P95)).toBe('fail');
  expect(decideFact(0, 71, P95)).toBe('inconclusive');
  expect(decideFact(0, 72, P95)).toBe('pass');
  expect(decideFact(4, 71, P95)).toBe('fail');
  expect(decideFact(1, 20, { allowed: 1 - 0.95, confidence: 0.99 })).not.toBe('fail');
});

test('the missing requests are the fewest, within a thousandth, that decide the same share', () => {
  const open = [independent(8, 200)];
  const missing = requestsMissing(open, P95) ?? 0;
  const at = (n: number) => decideShare([{ over: (8 / 200) * n, n, effective: n }], P95).decision;
  expect(at(200 + missing)).toBe('pass');
  expect(at((200 + missing) * 0.99)).toBe('inconclusive');
});

test('a share at the limit itself is decided by no number of requests', () => {
  expect(requestsMissing([independent(100, 2000)], P95)).toBeNull();
  expect(requestsMissing([], P95)).toBeNull();
});

test('a share above the limit needs requests to fail', () => {
  const missing = requestsMissing([independent(13, 200)], P95) ?? 0;
  expect(missing).toBeGreaterThan(200);
  expect(decideShare([independent(0.065 * (200 + missing), 200 + missing)], P95).decision).toBe('fail');
});

test('fail is graver than inconclusive, inconclusive than pass', () => {
  expect(gravest(['pass', 'fail', 'inconclusive'])).toBe('fail');
  expect(gravest(['pass', 'inconclusive'])).toBe('inconclusive');
  expect(gravest([])).toBe('pass');
});

test('the bounds that decide hold the scatter of five trials, and say when it alone leaves the question open', () => {
  const scattering = [0, 0, 0, 0, 150].map((over) => ({ over, n: 2000, effective: 2000 }));
  const five = decideShare(scattering, P95);
  expect(five).toMatchObject({ decision: 'inconclusive', scattered: true });
  expect(five.high).toBeLessThan(P95.allowed);
  expect(five.deciding.high).toBeGreaterThan(P95.allowed);
  expect(five.deciding.low).toBeLessThan(five.low);
  const four = decideShare(scattering.slice(1), P95);
  expect(four).toMatchObject({ decision: 'pass', scattered: false, deciding: { low: four.low, high: four.high } });
  const few = decideShare([{ over: 1, n: 50, effective: 50 }], P95);
  expect(few).toMatchObject({ decision: 'inconclusive', scattered: false });
});
