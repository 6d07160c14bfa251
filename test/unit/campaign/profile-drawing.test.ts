import { expect, test } from 'vitest';
import { drawRate } from '../../../src/campaign/profile-drawing.ts';
import { phasesOf } from '../../../src/scenarios/presets.ts';
import type { ScenarioSpec } from '../../../src/scenarios/scenario-spec.ts';
import { ns, seconds } from '../../../src/time/ns.ts';

const drawn = (spec: ScenarioSpec, warmupS = 0, width = 10): string | null =>
  drawRate(phasesOf(spec, { warmupNs: seconds(warmupS), places: 1 }), width);

test('a constant rate is a row of full bars', () => {
  expect(drawn({ kind: 'load', law: 'poisson', rate: 100, durationNs: seconds(20) })).toBe('██████████');
});

test('a ramp rises from the lowest bar to the full one', () => {
  expect(drawn({ kind: 'ramp', law: 'uniform', from: 0, to: 80, durationNs: seconds(8) }, 0, 8)).toBe('▁▂▃▄▅▆▇█');
});

test('stress climbs in equal steps, its warm-up as high as its first level', () => {
  const spec: ScenarioSpec = { kind: 'stress', law: 'uniform', from: 25, to: 100, steps: 4, durationNs: seconds(8) };
  expect(drawn(spec, 2, 10)).toBe('▃▃▃▃▅▅▇▇██');
});

test('where nothing is offered stands a blank', () => {
  const spec: ScenarioSpec = {
    kind: 'phases',
    law: 'uniform',
    phases: [
      { name: 'rise', from: 0, to: 10, durationNs: seconds(4) },
      { name: 'low', from: 10, to: 10, durationNs: seconds(4) },
    ],
  };
  expect(drawn(spec, 2, 10)?.slice(0, 2)).toBe('  ');
});

test('a closed loop has no rate to draw', () => {
  expect(drawn({ kind: 'closed', inFlight: 4, thinkNs: ns(0), durationNs: seconds(5), atLeast: null })).toBeNull();
});
