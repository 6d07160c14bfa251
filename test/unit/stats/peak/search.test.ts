import { expect, test } from 'vitest';
import { stream } from '../../../../src/scenarios/rng.ts';
import { curvesOf, meanShareAt } from '../../../../src/stats/peak/curves.ts';
import type { Level, LevelFinding } from '../../../../src/stats/peak/level.ts';
import { heightAt } from '../../../../src/stats/peak/line.ts';
import { logOdds, shareOfLogOdds } from '../../../../src/stats/peak/log-odds.ts';
import { type Ending, levelCounts, nextStep, type Search, type Step } from '../../../../src/stats/peak/search.ts';

const SEARCH: Search = { seed: '7', name: 't/most', from: 10, until: 2000, allowed: [0.05, 0.01] };
const REQUESTS = 20_000;

/** Shares over each limit at a rate. */
type Target = (rate: number, rng: { next(): number }) => readonly number[];

/** A first limit that reaches 5 % at `peak`, ever steeper beyond; a second one that nothing breaks. `scatter`: of log odds. */
const rises =
  (peak: number, scatter = 0.05): Target =>
  (rate, rng) => [shareOfLogOdds(logOdds(0.05) + 12 * (rate / peak - 1) + scatter * (rng.next() + rng.next() - 1)), 0];

function measured(level: Level, target: Target, rng: { next(): number }, failed = false): LevelFinding {
  const shares = target(level.rate, rng).map((share) => ({ over: Math.round(share * REQUESTS), of: REQUESTS }));
  return { kind: 'measured', ...level, shares, failed };
}

interface Course {
  readonly ending: Ending;
  readonly levels: readonly LevelFinding[];
  readonly steps: readonly Step[];
}

function played(target: Target, search: Search = SEARCH, failedAt: Level['stage'] | null = null): Course {
  const rng = stream('3', 'levels');
  const levels: LevelFinding[] = [];
  const steps: Step[] = [];
  for (;;) {
    const step = nextStep(search, levels);
    steps.push(step);
    if (step.kind === 'ended') return { ending: step.ending, levels, steps };
    levels.push(measured(step.level, target, rng, step.level.stage === failedAt));
  }
}

const ratesOf = ({ levels }: Course, stage: Level['stage']): number[] =>
  levels.filter((level) => level.stage === stage).map(({ rate }) => rate);

test('a peak is found with an interval that holds it, named by the limit that binds', () => {
  const { ending } = played(rises(300));
  if (ending.kind !== 'found') throw new Error(`found ${ending.kind}`);
  const { value, low, high, limit } = ending.peak;
  expect(limit).toBe(0);
  expect(value).toBeCloseTo(300, -1);
  expect(low).toBeLessThan(300);
  expect(high).toBeGreaterThan(300);
  expect(high - low).toBeLessThan(10);
});

test('the rate doubles until a level breaks; what is inside comes once each in an order of its own, then 15 and 3', () => {
  const course = played(rises(300));
  expect(ratesOf(course, 'bracket')).toEqual([10, 20, 40, 80, 160, 320]);
  const inside = ratesOf(course, 'narrow');
  expect(inside.toSorted((a, b) => a - b)).toEqual([182.9, 205.7, 228.6, 251.4, 274.3, 297.1]);
  expect(inside).not.toEqual(inside.toSorted((a, b) => a - b));
  const around = ratesOf(course, 'fit');
  const distinct = [...new Set(around)].toSorted((a, b) => a - b);
  expect(around).toHaveLength(15);
  expect(distinct).toHaveLength(5);
  for (const rate of distinct) expect(around.filter((other) => other === rate)).toHaveLength(3);
  expect((distinct[0] ?? 0) / (distinct[2] ?? 1)).toBeCloseTo(0.94, 3);
  expect((distinct[4] ?? 0) / (distinct[2] ?? 1)).toBeCloseTo(1.06, 3);
  const { ending } = course;
  const low = 'peak' in ending ? ending.peak.low : 0;
  for (const rate of ratesOf(course, 'confirm')) expect(rate).toBeLessThanOrEqual(low);
  expect(ratesOf(course, 'confirm')).toHaveLength(3);
});

test('the peak is where the mean share is what is allowed, and that of scattering levels lies above their log odds', () => {
  const levels = played(rises(300, 0.8)).levels;
  const fitted = levels.filter((level) => level.kind === 'measured').filter(({ stage }) => stage === 'fit');
  const [curve] = curvesOf(fitted, SEARCH.allowed);
  if (curve?.crossing.kind !== 'bounded') throw new Error('no crossing');
  const at = curve.crossing.value;
  expect(meanShareAt(curve.line, 0.05, at)).toBeCloseTo(0.05, 10);
  expect(heightAt(curve.line, at)).toBeCloseTo(logOdds(0.05) - 0.45 * curve.line.variance, 10);
  expect(curve.line.variance).toBeGreaterThan(0.01);
});

test('the same seed makes the same search, another one another order', () => {
  const again = played(rises(300));
  const other = played(rises(300), { ...SEARCH, seed: '8' });
  expect(again.levels).toEqual(played(rises(300)).levels);
  expect(ratesOf(other, 'narrow')).not.toEqual(ratesOf(again, 'narrow'));
});

test('what is left at most falls by one with every level and ends at none', () => {
  const { steps } = played(rises(1500));
  const left = steps.flatMap((step) => (step.kind === 'level' ? [step.atMost] : []));
  expect(left[0]).toBe(levelCounts(SEARCH).most - 1);
  for (const [i, atMost] of left.entries()) expect(atMost).toBeLessThan(left[i - 1] ?? Number.POSITIVE_INFINITY);
  expect(left.at(-1)).toBe(0);
  expect(levelCounts(SEARCH)).toEqual({ least: 26, most: 33 });
});

test('the smallest crossing binds, whichever limit it belongs to', () => {
  const first = rises(300);
  const { ending } = played((rate, rng) => [
    ...first(rate, rng).slice(0, 1),
    shareOfLogOdds(logOdds(0.01) + 20 * (rate / 260 - 1) + 0.05 * (rng.next() - 0.5)),
  ]);
  expect(ending).toMatchObject({ peak: { limit: 1 } });
  expect('peak' in ending ? ending.peak.value : 0).toBeCloseTo(260, -1);
});

test('a first level that breaks ends the search at once', () => {
  expect(played(rises(5))).toMatchObject({ ending: { kind: 'below-from', limit: 0 }, levels: [{ rate: 10 }] });
});

test('a target that never breaks is searched up to the highest rate, and no further', () => {
  const course = played(rises(1e6), { ...SEARCH, until: 300 });
  expect(course.ending).toEqual({ kind: 'above-until', held: 300 });
  expect(course.levels.map(({ rate }) => rate)).toEqual([10, 20, 40, 80, 160, 300]);
});

test('no level lies above the highest rate, also where the peak is next to it', () => {
  const course = played(rises(1980));
  expect(Math.max(...course.levels.map(({ rate }) => rate))).toBeLessThanOrEqual(2000);
  expect(course.ending).toMatchObject({ kind: 'found' });
});

test('a lower bound that does not hold is not confirmed, and neither is one at which a trial fails', () => {
  const fair = rises(300);
  const tired: Target = (rate, rng) => (tries++ >= 27 ? [0.2, 0] : fair(rate, rng));
  let tries = 0;
  expect(played(tired)).toMatchObject({ ending: { kind: 'not-confirmed', limit: 0, peak: { limit: 0 } } });
  expect(played(fair, SEARCH, 'confirm')).toMatchObject({ ending: { kind: 'not-confirmed', limit: null } });
  expect(played(fair, SEARCH, 'fit')).toMatchObject({ ending: { kind: 'found' } });
});

test('levels that scatter more than they rise leave no bounds', () => {
  const times = new Map<number, number>();
  const wild: Target = (rate, rng) => {
    const time = times.get(rate) ?? 0;
    times.set(rate, time + 1);
    if (times.size <= 12) return rises(300, 0)(rate, rng);
    return [shareOfLogOdds(logOdds(0.05) + 6 * (rate / 300 - 1) + 1.2 * ([1, -1, 0][time] ?? 0)), 0];
  };
  expect(played(wild)).toMatchObject({ ending: { kind: 'unbounded', limit: 0 } });
});

test('a limit that is broken at every level around the estimate, no matter the rate, is no peak', () => {
  let count = 0;
  const falls: Target = (rate, rng) => {
    count++;
    return count <= 12 ? rises(300, 0)(rate, rng) : [0.5 - rate / 2000, 0];
  };
  expect(played(falls)).toMatchObject({ ending: { kind: 'no-crossing', limit: 0 } });
  count = 0;
  const vanishes: Target = (rate, rng) => {
    count++;
    return count <= 12 ? rises(300, 0)(rate, rng) : [0, 0];
  };
  expect(played(vanishes)).toMatchObject({ ending: { kind: 'no-crossing', limit: null } });
});

test('a level that told nothing ends the search and says which', () => {
  const useless: LevelFinding = { kind: 'useless', stage: 'bracket', rate: 20, why: 'a runner died' };
  const first = measured({ stage: 'bracket', rate: 10 }, rises(300), stream('1', 'x'));
  expect(nextStep(SEARCH, [first, useless])).toEqual({
    kind: 'ended',
    ending: { kind: 'useless-level', level: { stage: 'bracket', rate: 20 }, why: 'a runner died' },
  });
});
