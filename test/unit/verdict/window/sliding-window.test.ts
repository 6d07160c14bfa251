import { expect, test } from 'vitest';
import type { Objective } from '../../../../src/campaign/objective.ts';
import { stream } from '../../../../src/scenarios/rng.ts';
import { lowerShare } from '../../../../src/stats/binomial.ts';
import { seconds } from '../../../../src/time/ns.ts';
import type { SealedSecond } from '../../../../src/verdict/window/sealed-second.ts';
import { type Breach, SlidingWindow } from '../../../../src/verdict/window/sliding-window.ts';
import { cellOf, errorsBelow, largestBelow, latencyBelow, openPhase, overWindow } from '../../../support/cells.ts';
import { sealed, sealedSeconds } from '../../../support/sealed.ts';

const p95 = overWindow(latencyBelow(0.95, 100), seconds(10));

const windowsOf = (objective: Objective = p95, lengthS = 100, lag: 'response' | 'less-lag' = 'response') =>
  new SlidingWindow(objective, cellOf([openPhase('load', 100, lengthS)], [objective]), lag);

/** The first breach, and the second at whose end it shows. */
function firstBreach(windows: SlidingWindow, all: readonly SealedSecond[]): (Breach & { readonly atS: number }) | null {
  for (const second of all) {
    const breach = windows.add(second);
    if (breach !== null) return { ...breach, atS: second.endNs / 1e9 };
  }
  return null;
}

const healthy = (fromS: number, count: number) => sealedSeconds(fromS, count, { quick: 97, slow: 3 });

test('a window breaches when the lower bound on its share at level (1 - c) W / T exceeds what is allowed', () => {
  // Equal seconds: I = 1. Of 1,000 requests 50 may be over.
  const fifth = (slow: number) => [...healthy(0, 40), ...sealedSeconds(40, 10, { quick: 100 - slow, slow })];
  const breach = firstBreach(windowsOf(), fifth(12));
  expect(breach).toMatchObject({ kind: 'share', confidence: 1 - 0.01 * 0.1 });
  if (breach?.kind !== 'share') throw new Error('unreachable');
  const { window, low } = breach;
  expect(low).toBeCloseTo(lowerShare(window.over, 1000, 0.999), 12);
  expect(low).toBeGreaterThan(0.05);
  // One second earlier it did not.
  expect(lowerShare(window.over - 9, 1000, 0.999)).toBeLessThanOrEqual(0.05);
  expect(window).toMatchObject({ startNs: (breach.atS - 10) * 1e9, endNs: breach.atS * 1e9, of: 1000 });
  expect(firstBreach(windowsOf(), fifth(6))).toBeNull();
});

test('the same share breaches sooner in a short trial than in a long one', () => {
  const all = [...healthy(0, 40), ...sealedSeconds(40, 60, { quick: 92, slow: 8 })];
  const short = firstBreach(windowsOf(p95, 100), all);
  const long = firstBreach(windowsOf(p95, 36_000), all);
  expect(short?.atS).toBeLessThan(long?.atS ?? Number.POSITIVE_INFINITY);
});

test('what came in bursts before the window is allowed to come in bursts in it', () => {
  const rng = stream('7', 'bursts');
  const burst = (atS: number, share: number) =>
    sealed(atS, rng.next() < share ? { quick: 80, slow: 20 } : { quick: 100 });
  const before = Array.from({ length: 200 }, (_, i) => burst(i, 0.15));
  const bad = [...Array.from({ length: 5 }, (_, i) => sealed(200 + 2 * i, { quick: 80, slow: 20 }))];
  const after = bad.flatMap((second, i) => [second, sealed(201 + 2 * i, { quick: 100 })]);
  expect(firstBreach(windowsOf(p95, 300), [...before, ...after])).toBeNull();
  // The same ten seconds after even ones.
  expect(firstBreach(windowsOf(p95, 300), [...healthy(0, 200), ...after])?.kind).toBe('share');
});

test('an outage does not count as the scatter before it', () => {
  const all = [...healthy(0, 49), sealed(49, { slow: 100 })];
  expect(firstBreach(windowsOf(), all)).toMatchObject({ kind: 'share', atS: 50 });
});

test('before there are 20 s of seconds before the window no bound is told', () => {
  const bad = sealedSeconds(0, 29, { quick: 50, slow: 50 });
  const windows = windowsOf();
  expect(firstBreach(windows, bad)).toBeNull();
  expect(windows.isJudged).toBe(false);
  expect(windows.add(sealed(29, { quick: 50, slow: 50 }))?.kind).toBe('share');
  expect(windows.isJudged).toBe(true);
});

test('what is older than the limit and not settled counts as over', () => {
  const all = [...healthy(0, 40), sealed(40, { quick: 20, overdue: 79 })];
  const breach = firstBreach(windowsOf(), all);
  expect(breach?.window).toMatchObject({ over: 27 + 79, of: 900 + 20 + 79 });
});

test('a target hangs when nothing is answered for two seconds while ten requests are older than the limit', () => {
  const hang = (overdue: number) => [...healthy(0, 3), ...sealedSeconds(3, 2, { overdue })];
  expect(firstBreach(windowsOf(), hang(10))).toMatchObject({ kind: 'hang', atS: 5, overdue: 10 });
  expect(firstBreach(windowsOf(), hang(9))).toBeNull();
  const answeredOnce = [sealed(0, { overdue: 50 }), sealed(1, { slow: 1, overdue: 50 }), sealed(2, { overdue: 50 })];
  expect(firstBreach(windowsOf(), answeredOnce)).toBeNull();
});

test('requests that time out are no answers, errors are', () => {
  const until = (made: object) => [...healthy(0, 3), ...sealedSeconds(3, 2, { overdue: 50, ...made })];
  expect(firstBreach(windowsOf(), until({ timeouts: 30 }))?.kind).toBe('hang');
  expect(firstBreach(windowsOf(), until({ failed: 30 }))).toBeNull();
});

test('an error rate counts failures alone, and latency says nothing of it', () => {
  const errors = overWindow(errorsBelow(0.05), seconds(10));
  const cell = cellOf([openPhase('load', 100, 100)], [errors, latencyBelow(0.95, 100)]);
  const slow = [...healthy(0, 40), ...sealedSeconds(40, 10, { quick: 20, slow: 80 })];
  expect(firstBreach(new SlidingWindow(errors, cell), slow)).toBeNull();
  const failing = [...healthy(0, 40), ...sealedSeconds(40, 10, { quick: 80, failed: 20 })];
  expect(firstBreach(new SlidingWindow(errors, cell), failing)).toMatchObject({ kind: 'share' });
});

test('of the largest one request over is enough, at any time', () => {
  const objective = overWindow(largestBelow(100), seconds(10));
  expect(firstBreach(windowsOf(objective), [sealed(0, { quick: 5 }), sealed(1, { quick: 5, slow: 1 })])).toMatchObject({
    kind: 'share',
    atS: 2,
  });
});

test('without the harness’s lag only what the target owes is over', () => {
  const late = [...healthy(0, 40), ...sealedSeconds(40, 10, { quick: 50, slow: 50, slowByLag: 50 })];
  expect(firstBreach(windowsOf(), late)?.kind).toBe('share');
  expect(firstBreach(windowsOf(p95, 100, 'less-lag'), late)).toBeNull();
  const still = [...healthy(0, 3), ...sealedSeconds(3, 3, { overdue: 200, overdueLessLag: 0 })];
  expect(firstBreach(windowsOf(), still)?.kind).toBe('hang');
  expect(firstBreach(windowsOf(p95, 100, 'less-lag'), still)).toBeNull();
});

test('seconds without any request change nothing', () => {
  expect(firstBreach(windowsOf(), sealedSeconds(0, 60, {}))).toBeNull();
});
