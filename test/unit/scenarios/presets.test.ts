import { expect, test } from 'vitest';
import type { Phase } from '../../../src/scenarios/phase.ts';
import { phasesOf } from '../../../src/scenarios/presets.ts';
import { judgedBy, type ScenarioSpec } from '../../../src/scenarios/scenario-spec.ts';
import { ns, seconds } from '../../../src/time/ns.ts';

const law = 'poisson';
const bare = (spec: ScenarioSpec) => phasesOf(spec, { warmupNs: seconds(0), places: 1 });

/** name, start and duration in seconds, first and last rate, count, slots. */
const row = ({ name, startNs, durationNs, load, slots }: Phase) => {
  const rates = load.kind === 'open' ? [load.profile[0].from, load.profile.at(-1)?.to] : [];
  return [name, startNs / 1e9, durationNs / 1e9, ...rates, load.kind === 'closed' ? load.inFlight : load.count, slots];
};

test.each<[string, ScenarioSpec, unknown[][]]>([
  ['load', { kind: 'load', law, rate: 120, durationNs: seconds(20) }, [['load', 0, 20, 120, 120, 2400, 20]]],
  ['soak', { kind: 'soak', law, rate: 100, durationNs: seconds(5400) }, [['soak', 0, 5400, 100, 100, 540_000, 5400]]],
  ['ramp', { kind: 'ramp', law, from: 10, to: 300, durationNs: seconds(60) }, [['ramp', 0, 60, 10, 300, 9300, 60]]],
  [
    'stress',
    { kind: 'stress', law, from: 100, to: 400, steps: 4, durationNs: seconds(40) },
    [
      ['level 1 (100/s)', 0, 10, 100, 100, 1000, 20],
      ['level 2 (200/s)', 10, 10, 200, 200, 2000, 20],
      ['level 3 (300/s)', 20, 10, 300, 300, 3000, 20],
      ['level 4 (400/s)', 30, 10, 400, 400, 4000, 20],
    ],
  ],
  [
    'spike',
    {
      kind: 'spike',
      law,
      base: 50,
      peak: 400,
      riseNs: seconds(1),
      holdNs: seconds(5),
      fallNs: seconds(1),
      durationNs: seconds(20),
    },
    [
      ['before', 0, 6.5, 50, 50, 325, 20],
      ['peak', 6.5, 7, 50, 50, 2450, 20],
      ['after', 13.5, 6.5, 50, 50, 325, 20],
    ],
  ],
  [
    'breakpoint',
    { kind: 'breakpoint', law, from: 50, by: 50, until: 150, everyNs: seconds(10) },
    [
      ['level 1 (50/s)', 0, 10, 50, 50, 500, 20],
      ['level 2 (100/s)', 10, 10, 100, 100, 1000, 20],
      ['level 3 (150/s)', 20, 10, 150, 150, 1500, 20],
    ],
  ],
  ['singleStream', { kind: 'singleStream', durationNs: seconds(30), atLeast: null }, [['singleStream', 0, 30, 1, 40]]],
  [
    'multiStream',
    { kind: 'multiStream', infers: 8, durationNs: seconds(30), atLeast: null },
    [['multiStream', 0, 30, 1, 40]],
  ],
  ['offline', { kind: 'offline', requests: 10_000 }, [['offline', 0, 0, 10_000, 1]]],
  [
    'closed',
    { kind: 'closed', inFlight: 8, thinkNs: ns(1e7), durationNs: seconds(30), atLeast: null },
    [['closed', 0, 30, 8, 40]],
  ],
  [
    'phases',
    {
      kind: 'phases',
      law,
      phases: [
        { name: 'low', from: 50, to: 50, durationNs: seconds(10) },
        { name: null, from: 50, to: 200, durationNs: seconds(30) },
        { name: null, from: 200, to: 200, durationNs: seconds(0.5) },
      ],
    },
    [
      ['low', 0, 10, 50, 50, 500, 20],
      ['phase 2', 10, 30, 50, 200, 3750, 40],
      ['phase 3', 40, 0.5, 200, 200, 100, 20],
    ],
  ],
])('the geometry of %s', (_, spec, table) => {
  expect(bare(spec).map(row)).toEqual(table);
  expect(bare(spec).every(({ purpose }) => purpose === 'measure')).toBe(true);
});

test('the peak of a spike rises, holds and falls; what lasts no time is left out', () => {
  const spike = { kind: 'spike', law, base: 50, peak: 400, holdNs: seconds(5), durationNs: seconds(20) } as const;
  const profileOf = (riseNs: number, fallNs: number) => {
    const load = bare({ ...spike, riseNs: seconds(riseNs), fallNs: seconds(fallNs) })[1]?.load;
    return load?.kind === 'open' ? load.profile.map((p) => [p.from, p.to, p.durationNs / 1e9]) : null;
  };
  expect(profileOf(1, 2)).toEqual([
    [50, 400, 1],
    [400, 400, 5],
    [400, 50, 2],
  ]);
  expect(profileOf(0, 0)).toEqual([[400, 400, 5]]);
  expect(() => profileOf(8, 7)).toThrow(
    'spike: found a peak of 20s (rise + hold + fall) in 20s, expected it to be shorter',
  );
});

test('levels that divide nothing evenly still fill the whole time', () => {
  const phases = bare({ kind: 'stress', law, from: 60, to: 140, steps: 7, durationNs: seconds(10) });
  expect(phases.map(({ name }) => name)).toEqual([
    'level 1 (60/s)',
    'level 2 (73.33/s)',
    'level 3 (86.67/s)',
    'level 4 (100/s)',
    'level 5 (113.33/s)',
    'level 6 (126.67/s)',
    'level 7 (140/s)',
  ]);
  for (const [i, phase] of phases.entries()) {
    const end = phase.startNs + phase.durationNs;
    expect(end).toBe(phases[i + 1]?.startNs ?? 10e9);
    expect(Number.isInteger(phase.durationNs)).toBe(true);
    expect(Math.abs(phase.durationNs - 10e9 / 7)).toBeLessThan(1);
  }
  expect(bare({ kind: 'stress', law, from: 60, to: 140, steps: 1, durationNs: seconds(10) }).map(row)).toEqual([
    ['level 1 (60/s)', 0, 10, 60, 60, 600, 20],
  ]);
});

test.each<[number, number, number, number[]]>([
  [50, 100, 300, [50, 150, 250, 300]],
  [0.1, 0.1, 0.3, [0.1, 0.2, 0.3]],
  [0.1, 0.1, 0.4, [0.1, 0.2, 0.3, 0.4]],
  [100, 50, 100, [100]],
])('breakpoint levels from %d by %d until %d end there', (from, by, until, expected) => {
  const phases = bare({ kind: 'breakpoint', law, from, by, until, everyNs: seconds(1) });
  const rates = phases.map(({ load }) => (load.kind === 'open' ? load.profile[0].from : Number.NaN));
  expect(rates).toEqual(expected.map((rate) => expect.closeTo(rate, 9)));
  expect(rates.at(-1)).toBe(until);
});

test.each([
  [0.5, 20],
  [20, 20],
  [20.000000001, 40],
  [40, 40],
  [3600, 3600],
])('a phase of %d s has %i slots of at most a second', (duration, slots) => {
  expect(bare({ kind: 'load', law, rate: 1, durationNs: seconds(duration) })[0]?.slots).toBe(slots);
});

test.each<[string, ScenarioSpec, Phase['load']]>([
  [
    'the rate at which a ramp starts, under its law',
    { kind: 'ramp', law: 'uniform', from: 10, to: 300, durationNs: seconds(60) },
    { kind: 'open', law: 'uniform', profile: [{ from: 10, to: 10, durationNs: seconds(5) }], count: 50 },
  ],
  [
    'the rate of the first level',
    { kind: 'breakpoint', law, from: 50, by: 50, until: 150, everyNs: seconds(10) },
    { kind: 'open', law, profile: [{ from: 50, to: 50, durationNs: seconds(5) }], count: 250 },
  ],
  [
    'as many in flight',
    { kind: 'closed', inFlight: 8, thinkNs: ns(1e7), durationNs: seconds(30), atLeast: 24_576 },
    { kind: 'closed', inFlight: 8, thinkNs: ns(1e7) },
  ],
  [
    'bundles of as many inferences',
    { kind: 'multiStream', infers: 8, durationNs: seconds(30), atLeast: 99 },
    { kind: 'closed', inFlight: 1, thinkNs: ns(0), infers: 8 },
  ],
  ['one in flight per place', { kind: 'offline', requests: 10 }, { kind: 'closed', inFlight: 6, thinkNs: ns(0) }],
])('warm-up runs %s', (_, spec, load) => {
  const [first, second] = phasesOf(spec, { warmupNs: seconds(5), places: 6 });
  expect(first).toEqual({
    name: 'warmup',
    purpose: 'warmup',
    startNs: -5e9,
    durationNs: 5e9,
    load,
    slots: 1,
  });
  expect(second?.startNs).toBe(0);
});

test('stress is judged per level, a breakpoint by the level that breaks, everything else as a whole', () => {
  expect(judgedBy({ kind: 'stress', law, from: 1, to: 2, steps: 2, durationNs: seconds(1) })).toBe('level');
  expect(judgedBy({ kind: 'breakpoint', law, from: 1, by: 1, until: 2, everyNs: seconds(1) })).toBe('breakpoint');
  expect(judgedBy({ kind: 'offline', requests: 1 })).toBe('together');
});
