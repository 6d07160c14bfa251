import { expect, test } from 'vitest';
import { withLook } from '../../src/campaign/early-stop.ts';
import type { Cell } from '../../src/campaign/plan.ts';
import { Schedules } from '../../src/campaign/schedules.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { seconds } from '../../src/time/ns.ts';
import { sha256 } from '../support/campaigns.ts';
import { errorsBelow, latencyBelow } from '../support/cells.ts';
import { SimulatedFleet } from '../support/simulated-fleet.ts';
import type { Behaviour } from '../support/simulated-share.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const MS = 1e6;
const S = 1e9;
const load = { kind: 'load', law: 'poisson', rate: 100, durationNs: seconds(20) } as const;

/** Two agents, 100/s for 20 s, looked at half-way. */
function early(trials: number, change: Partial<Cell> = {}): Cell {
  const phases = phasesOf(load, { warmupNs: seconds(1), places: 2 });
  const scenario = { name: 'load' } as Parameters<Schedules['trialsOf']>[0];
  const schedules = new Schedules('7', trials, { createHash: sha256, openFile: () => Promise.reject() } as never);
  const planned = schedules.trialsOf(scenario, load, phases);
  const cell = smallCell({
    agents: 2,
    workers: 1,
    phases,
    objectives: [latencyBelow(0.95, 100), errorsBelow(0.05)],
    trials: planned,
    ...change,
  });
  return withLook(cell, schedules.beforeLook(scenario, phases, planned));
}

function play(cell: Cell, behaviour: Behaviour) {
  const fleet = new SimulatedFleet(smallPlan([cell]), behaviour).play();
  const { cells, verdict } = fleet.judge();
  const stops = fleet.journal.flatMap((entry) =>
    entry.kind === 'event' && entry.timed.event.kind === 'trial-ended' ? [entry.timed.event.stop] : [],
  );
  return { cell: cells[0], verdict, stops };
}

test('every trial of a healthy target ends at its own look, soon after half of it, and the books balance', () => {
  const { cell, verdict, stops } = play(early(2), { serviceNs: () => 2 * MS });
  expect(verdict.kind).toBe('pass');
  expect(stops.map((stop) => stop?.cause)).toEqual(['sure', 'sure']);
  for (const trial of cell?.trials ?? []) {
    expect(trial.verdict.kind).toBe('pass');
    expect(trial.look).toMatchObject({ number: 1, of: 2, atMs: 10_000 });
    const stoppedS = (trial.look?.stoppedMs ?? 0) / 1000;
    expect(stoppedS).toBeGreaterThanOrEqual(10);
    expect(stoppedS).toBeLessThan(12);
    const { scheduled, ok, cancelled } = trial.accounting;
    expect(ok).toBe(scheduled);
    expect(scheduled + cancelled).toBe(2000);
    expect(cancelled).toBeGreaterThan(700);
    expect(trial.look?.requests).toBeLessThanOrEqual(scheduled);
  }
});

test('a target far beyond its limit fails half-way', () => {
  const { cell, verdict, stops } = play(early(1), {
    serviceNs: (_, startNs) => (Math.floor(startNs / MS) % 9 === 0 ? 130 : 2) * MS,
  });
  expect(stops[0]?.cause).toBe('sure');
  expect(verdict.kind).toBe('fail');
  expect(cell?.trials[0]?.objectives.map(({ verdict: found }) => found)).toEqual(['fail', 'pass']);
});

test('a target at its limit runs to its end, and so does one that answers nothing', () => {
  const near = play(early(1), { serviceNs: (_, startNs) => (Math.floor(startNs / MS) % 28 === 0 ? 105 : 2) * MS });
  expect(near.stops).toEqual([null]);
  expect(near.cell?.trials[0]?.look).toMatchObject({ number: 2, stoppedMs: null });
  const hangs = play(early(1), { serviceNs: (_, startNs) => (startNs < 3 * S ? 2 : 1e6) * MS });
  expect(hangs.stops).toEqual([null]);
  expect(hangs.verdict.kind).toBe('fail');
});
