import { expect, test } from 'vitest';
import { plannedCounts, shareCounts } from '../../../src/scenarios/counts.ts';
import { phasesOf } from '../../../src/scenarios/presets.ts';
import type { ScenarioSpec } from '../../../src/scenarios/scenario-spec.ts';
import { shareArrivals } from '../../../src/scenarios/schedule.ts';
import { ns, seconds } from '../../../src/time/ns.ts';
import { alone, collect, context, sharesOf } from '../../support/schedules.ts';

const stress = (law: 'uniform' | 'poisson'): ScenarioSpec => ({
  kind: 'stress',
  law,
  from: 30,
  to: 70,
  steps: 3,
  durationNs: seconds(6),
});

test('counts of a share are exact without a walk', () => {
  const phases = phasesOf(stress('poisson'), { warmupNs: seconds(1), places: 1 });
  expect(shareCounts(phases, alone)).toEqual([30, 60, 100, 140]);
  expect(sharesOf(4).map((share) => shareCounts(phases, share))).toEqual([
    [8, 15, 25, 35],
    [8, 15, 25, 35],
    [7, 15, 25, 35],
    [7, 15, 25, 35],
  ]);
});

test.each(['uniform', 'poisson'] as const)('a stop cancels what is intended at it or later (%s)', (law) => {
  const phases = phasesOf(stress(law), { warmupNs: seconds(1), places: 1 });
  for (const share of [alone, ...sharesOf(3)]) {
    const arrivals = collect(shareArrivals(phases, share, context));
    const middle = arrivals[Math.floor(arrivals.length / 2)]?.atNs ?? 0;
    for (const until of [-2e9, -1e9, -0.4e9, 0, 1e9, 2e9, middle, middle + 1, 3.5e9, 6e9, 7e9]) {
      const expected = phases.map((_, i) => arrivals.filter((a) => a.phase === i && a.atNs < until).length);
      expect(plannedCounts(phases, share, context, ns(until))).toEqual(expected);
    }
  }
});

test('all at once is before every stop but one at the start; closed phases count by completions', () => {
  const offline = phasesOf({ kind: 'offline', requests: 9 }, { warmupNs: seconds(1), places: 2 });
  const [first] = sharesOf(2);
  if (first === undefined) throw new Error('two shares have a first');
  expect(plannedCounts(offline, first, context, ns(0))).toEqual([null, 0]);
  expect(plannedCounts(offline, first, context, ns(1))).toEqual([null, 5]);
  expect(shareCounts(offline, first)).toEqual([0, 5]);
});
