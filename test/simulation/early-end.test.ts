import { expect, test } from 'vitest';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import type { ScenarioSpec } from '../../src/scenarios/scenario-spec.ts';
import { seconds } from '../../src/time/ns.ts';
import type { CellResult } from '../../src/verdict/result.ts';
import type { TrialResult } from '../../src/verdict/trial-result.ts';
import { decodeInterval } from '../../src/wire/interval-codec.ts';
import { errorsBelow, latencyBelow, overWindow } from '../support/cells.ts';
import { SimulatedFleet } from '../support/simulated-fleet.ts';
import type { Behaviour } from '../support/simulated-share.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const MS = 1e6;
const S = 1e9;

const steady = (rate: number, forS: number): ScenarioSpec => ({
  kind: 'load',
  law: 'poisson',
  rate,
  durationNs: seconds(forS),
});

function cellOn(spec: ScenarioSpec, change: Partial<Cell>): Cell {
  const phases = phasesOf(spec, { warmupNs: seconds(1), places: 2 });
  return smallCell({ agents: 2, workers: 1, phases, drainNs: seconds(2), ...change });
}

const trialsOf = (count: number): Cell['trials'] =>
  Array.from({ length: count }, (_, index) => ({ index: index + 1, scheduleDigest: null, scheduled: null }));

const window = overWindow(latencyBelow(0.95, 100), seconds(10));
const aborting = { ...window, abort: true };

/** 2 ms, but from `fromS` on `ms`, of the trial's time line. */
const slowFrom = (fromS: number, ms: number): Behaviour => ({
  serviceNs: (_, startNs) => (startNs < fromS * S ? 2 : ms) * MS,
});

function play(plan: Plan, behaviour: Behaviour) {
  const fleet = new SimulatedFleet(plan, behaviour).play();
  const { cells, verdict } = fleet.judge();
  return { fleet, cells, verdict, cell: cells[0] as CellResult, trial: cells[0]?.trials[0] as TrialResult };
}

/** What stopped the first trial: instants of its time line in seconds, coordinator's and every agent's. */
function stopsOf({ journal }: SimulatedFleet) {
  const ended = journal.flatMap((entry) =>
    entry.kind === 'event' && entry.timed.event.kind === 'trial-ended' ? [entry.timed.event.stop] : [],
  )[0];
  const agents = journal.flatMap((entry) => {
    if (entry.kind !== 'interval') return [];
    const { stoppedNs } = decodeInterval(entry.stored.interval);
    return stoppedNs === undefined ? [] : [Number(stoppedNs) / S];
  });
  return { cause: ended?.cause, atS: (ended?.atNs ?? Number.NaN) / S, agents };
}

test('a target that hangs is seen within three seconds, and every agent stops within one second of the interval that shows it', () => {
  const cells = [
    cellOn(steady(100, 60), { objectives: [aborting], trials: trialsOf(3) }),
    cellOn(steady(50, 5), { id: 'nothing/short', objectives: [errorsBelow(0.05)] }),
  ];
  const { fleet, verdict, cell, cells: results, trial } = play(smallPlan(cells), slowFrom(25, 1e6));
  expect(verdict).toMatchObject({ kind: 'fail', exitCode: 10 });
  const breach = trial.objectives[0]?.window;
  expect(breach).toMatchObject({ kind: 'hang', low: null });
  const shownS = (breach?.endMs ?? 0) / 1000;
  expect(shownS).toBeGreaterThanOrEqual(27);
  expect(shownS).toBeLessThanOrEqual(28);
  const stops = stopsOf(fleet);
  expect(stops.cause).toBe('abort');
  expect(stops.agents).toHaveLength(2);
  for (const atS of [stops.atS, ...stops.agents]) {
    expect(atS).toBeGreaterThan(shownS);
    expect(atS).toBeLessThan(shownS + 1);
  }
  expect(trial.verdict.reasons.map(({ code }) => code)).toEqual(['aborted', 'objective-missed']);
  expect(trial.verdict.reasons[0]?.message).toContain('response.p95 < 100ms');
  expect(trial.verdict.reasons[1]?.message).toContain('nothing was answered in the two seconds up to');
  expect(trial.accounting.cancelled).toBeGreaterThan(3000);
  // The cell has failed; what comes after it goes on.
  expect(cell.verdict.kind).toBe('fail');
  expect(cell.trials).toHaveLength(1);
  expect(results[1]?.verdict.kind).not.toBe('invalid');
  expect(results[1]?.trials[0]?.accounting.ok).toBe(250);
  expect(fleet.run.stage).toMatchObject({ end: { state: 'complete' } });
});

test('without abort the same window fails the objective, and the trial runs to its end', () => {
  const { fleet, verdict, trial } = play(smallPlan([cellOn(steady(100, 60), { objectives: [window] })]), {
    serviceNs: (_, startNs) => (startNs > 35 * S && startNs < 35.2 * S ? 4000 : 2) * MS,
  });
  expect(stopsOf(fleet).cause).toBeUndefined();
  expect(trial.accounting).toMatchObject({ scheduled: 6000, cancelled: 0 });
  expect(verdict.kind).toBe('fail');
  const [objective] = trial.objectives;
  expect(objective?.window).toMatchObject({ kind: 'share' });
  expect(objective?.window?.low).toBeGreaterThan(0.05);
  expect(objective?.reason?.message).toMatch(/from 2\d s to 3\d s \d+ of \d+ requests/);
});

test('a total overload is seen within seconds', () => {
  const { fleet, trial } = play(smallPlan([cellOn(steady(100, 120), { objectives: [aborting] })]), slowFrom(40, 40));
  expect(stopsOf(fleet).cause).toBe('abort');
  expect(trial.objectives[0]?.window?.kind).toBe('share');
  expect(trial.objectives[0]?.window?.endMs).toBeLessThanOrEqual(45_000);
});

test('a healthy trial passes by its windows, and a short one says that none could be judged', () => {
  const healthy = play(smallPlan([cellOn(steady(100, 40), { objectives: [aborting] })]), slowFrom(1e6, 2));
  expect(stopsOf(healthy.fleet).cause).toBeUndefined();
  expect(healthy.trial.objectives[0]).toMatchObject({ verdict: 'pass', window: null });
  const short = play(smallPlan([cellOn(steady(100, 25), { objectives: [aborting] })]), slowFrom(1e6, 2));
  expect(short.trial.objectives[0]).toMatchObject({ verdict: 'inconclusive', window: null });
  expect(short.trial.objectives[0]?.needs?.seconds).toBeCloseTo(5);
});

test('a harness that stands still makes a trial invalid and never fails the target', () => {
  // From second 25 to 29 no request is started although the places are free; then all are.
  const late: Behaviour = { serviceNs: () => 2 * MS, lateUntilNs: (readyNs) => (readyNs > 25 * S ? 29 * S : readyNs) };
  const { verdict, trial } = play(smallPlan([cellOn(steady(100, 60), { objectives: [aborting] })]), late);
  expect(trial.objectives[0]?.window?.kind).toBe('hang');
  expect(trial.verdict.reasons.map(({ code }) => code)).toContain('generator-decides');
  expect(verdict).toMatchObject({ kind: 'invalid', exitCode: 13 });
});

const levels: ScenarioSpec = { kind: 'breakpoint', law: 'poisson', from: 80, by: 80, until: 400, everyNs: seconds(10) };
const breakpoint = (change: Partial<Cell> = {}): Plan =>
  smallPlan([cellOn(levels, { objectives: [latencyBelow(0.95, 100)], judgedBy: 'breakpoint', ...change })]);

test('a breakpoint scenario ends at the first level that breaks, and says which held', () => {
  // Two places of 10 ms: 200/s.
  const { fleet, verdict, cell, trial } = play(breakpoint(), { serviceNs: () => 10 * MS });
  expect(cell.breakpoint).toMatchObject({ held: 160, broke: { level: 'level 3 (240/s)' } });
  expect(trial.breakpoint).toEqual(cell.breakpoint);
  expect(verdict.kind).toBe('pass');
  const stops = stopsOf(fleet);
  expect(stops.cause).toBe('broke');
  expect(stops.atS).toBeGreaterThan(20);
  expect(stops.atS).toBeLessThan(30);
  expect(trial.phases.map(({ name }) => name)).toEqual([
    'warmup',
    'level 1 (80/s)',
    'level 2 (160/s)',
    'level 3 (240/s)',
  ]);
  expect(trial.accounting.cancelled).toBeGreaterThan(0);
});

test('a level in which nothing is answered any more is broken once its grace is over', () => {
  const { fleet, cell } = play(breakpoint(), slowFrom(12, 1e6));
  expect(cell.breakpoint).toMatchObject({ held: 80, broke: { level: 'level 2 (160/s)' } });
  expect(stopsOf(fleet).cause).toBe('broke');
  expect(stopsOf(fleet).atS).toBeLessThan(22);
});

test('a target that holds every level is offered all of them', () => {
  const { fleet, cell } = play(breakpoint(), { serviceNs: () => 1 * MS });
  expect(stopsOf(fleet).cause).toBeUndefined();
  expect(cell.breakpoint).toEqual({ held: 400, broke: null });
});
