import { expect, test } from 'vitest';
import type { OpenLoad } from '../../src/campaign/open-load.ts';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import { trialOrder } from '../../src/campaign/trial-order.ts';
import { EvidenceFold } from '../../src/coordinator/evidence.ts';
import { foundOut, whatIsLeft } from '../../src/coordinator/what-is-left.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { mostLevels } from '../../src/stats/peak/search.ts';
import { seconds } from '../../src/time/ns.ts';
import type { CellResult } from '../../src/verdict/result.ts';
import { errorsBelow, latencyBelow } from '../support/cells.ts';
import { type Misfortune, SimulatedFleet } from '../support/simulated-fleet.ts';
import type { Behaviour } from '../support/simulated-share.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const MS = 1e6;
const S = 1e9;
const WARMUP_S = 1;

interface Shape {
  readonly everyS?: number;
  readonly from?: number;
  readonly until?: number;
  readonly retryInvalid?: number;
  /** A cell at this share of the peak beside the search. */
  readonly share?: number;
}

const trialsOf = (count: number): Cell['trials'] =>
  Array.from({ length: count }, (_, index) => ({ index: index + 1, scheduleDigest: null, scheduled: null }));

/** Two agents with a worker each: 200/s at 10 ms. */
function planOf({ everyS = 4, from = 20, until = 640, retryInvalid = 0, share }: Shape): Plan {
  const objectives = [latencyBelow(0.95, 60), errorsBelow(0.05)];
  const context = { warmupNs: seconds(WARMUP_S), places: 2 };
  const at = (kind: 'level' | 'load', rate: number) =>
    phasesOf({ kind, law: 'poisson', rate, durationNs: seconds(everyS) }, context);
  const open: OpenLoad = {
    kind: 'search',
    from,
    until,
    everyNs: seconds(everyS),
    law: 'poisson',
    warmupNs: seconds(WARMUP_S),
  };
  const search = smallCell({
    id: 'sleeper/most',
    scenario: 'most',
    phases: at('level', until),
    open,
    objectives,
    judgedBy: 'peak',
    trials: trialsOf(mostLevels(open)),
  });
  const hanging = smallCell({
    id: 'sleeper/some',
    scenario: 'some',
    phases: at('load', until),
    objectives,
    trials: trialsOf(1),
    open: {
      kind: 'of-peak',
      peak: 0,
      law: 'poisson',
      warmupNs: seconds(WARMUP_S),
      preset: { kind: 'load', options: { rate: { ofPeak: share ?? 0 }, for: seconds(everyS) } },
    },
  });
  const cells = share === undefined ? [search] : [search, hanging];
  return smallPlan(cells, { retryInvalid, order: trialOrder(cells, 'interleaved', '7') });
}

const constant = (ms: number): Behaviour => ({ serviceNs: () => ms * MS });

function play(shape: Shape, behaviour: Behaviour, misfortunes: readonly Misfortune[] = []) {
  const fleet = new SimulatedFleet(planOf(shape), behaviour, misfortunes).play();
  const { cells, verdict } = fleet.judge();
  const [most, some] = cells;
  return { fleet, verdict, most: most as CellResult, some };
}

/** One search that is long enough to find the peak, for all who look at what it leaves. */
const EVERY_S = 16;
let known: ReturnType<typeof play> | null = null;
const found = (): ReturnType<typeof play> => {
  known ??= play({ everyS: EVERY_S, share: 0.5 }, constant(10));
  return known;
};

const eventsOf = (fleet: SimulatedFleet) =>
  fleet.journal.flatMap((entry) => (entry.kind === 'event' ? [entry.timed.event] : []));

const levelsIn = (fleet: SimulatedFleet) => eventsOf(fleet).flatMap((e) => (e.kind === 'level-chosen' ? [e] : []));

test('a fleet searches the peak level by level, and what hangs on it runs at its share afterwards', () => {
  const { fleet, most, some, verdict } = found();
  expect(most.peak).toMatchObject({ ending: 'found', binding: 'response.p95 < 60ms', why: null });
  const rate = most.peak?.rate;
  if (rate?.value == null || rate.method !== 'fieller') throw new Error('no peak');
  // Two queues of their own, each of 100/s at most: the peak lies below 200/s.
  expect(rate.value).toBeGreaterThan(140);
  expect(rate.value).toBeLessThan(200);
  expect(levelsIn(fleet).map(({ trial }) => trial)).toEqual(most.trials.map(({ index }) => index));
  expect(
    levelsIn(fleet)
      .slice(0, 4)
      .map((level) => level.rate),
  ).toEqual([20, 40, 80, 160]);
  expect(most.peak?.levels).toHaveLength(most.trials.length);
  expect(most.verdict.kind).toBe('pass');
  const half = some?.trials[0]?.rates.offered ?? 0;
  expect(half / rate.value).toBeCloseTo(0.5, 1);
  expect(some?.trials[0]?.verdict.kind).not.toBe('invalid');
  expect(fleet.run.stage).toMatchObject({ end: { state: 'complete' } });
  expect(verdict.kind).not.toBe('invalid');
});

test('every level has the schedule of its own rate and trial, exact to the request', () => {
  const { most } = found();
  for (const [i, trial] of most.trials.entries()) {
    const rate = most.peak?.levels[i]?.rate ?? 0;
    expect(trial.accounting.scheduled).toBe(Math.round(rate * EVERY_S));
    expect(trial.rates.offered).toBeCloseTo(rate, 6);
    expect(trial.scheduleDigest).toMatch(/^sha256:/);
  }
  expect(new Set(most.trials.map(({ scheduleDigest }) => scheduleDigest)).size).toBe(most.trials.length);
});

test('a first level that breaks ends the search, and what hangs on the peak is not run and says why', () => {
  const { fleet, most, some } = play({ share: 0.7 }, constant(500));
  expect(most.trials).toHaveLength(1);
  expect(most.peak).toMatchObject({ ending: 'below-from', rate: { value: null, reason: 'not-found' } });
  expect(most.verdict.kind).toBe('fail');
  expect(most.verdict.reasons[0]).toMatchObject({ code: 'peak-not-found', where: 'sleeper/most' });
  expect(some?.trials).toEqual([]);
  expect(some?.verdict).toMatchObject({ kind: 'inconclusive' });
  const notRun = eventsOf(fleet).filter(({ kind }) => kind === 'not-run');
  expect(notRun).toEqual([
    expect.objectContaining({ cell: 1, cause: 'no-peak', why: expect.stringMatching(/^no peak was found .+ broke/) }),
  ]);
});

test('a target that nothing breaks is told to be above the highest rate', () => {
  const { most } = play({ until: 100 }, constant(2));
  expect(most.peak).toMatchObject({ ending: 'above-until', rate: { value: null, low: 100 }, highestHeld: 100 });
  expect(most.verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'peak-not-found' }] });
  expect(most.verdict.reasons[0]?.hint).toMatch(/raise `until`/);
});

const losing = (times: number): readonly Misfortune[] => {
  const atS = [12.3, 12.9, 13.5, 14.1, 14.7, 15.3].slice(0, times);
  return atS.map((at) => ({ atNs: at * S, befall: (fleet) => fleet.agent(0).loseRunner() }));
};

test('a level that is invalid is measured again as often as the campaign allows', () => {
  const { most } = play({ retryInvalid: 1 }, constant(10), losing(1));
  expect(most.trials.filter(({ attempt }) => attempt > 1)).toHaveLength(1);
  expect(most.peak?.ending).not.toBe('useless-level');
  expect(most.peak?.levels.map(({ held }) => held)).not.toContain(null);
  expect(most.verdict.cautions.map(({ code }) => code)).toContain('retried');
});

test('without repetitions an invalid level leaves no peak, and the cell is invalid for the same reason', () => {
  const { fleet, most, some } = play({ share: 0.7 }, constant(10), losing(1));
  expect(most.peak).toMatchObject({ ending: 'useless-level' });
  expect(most.verdict.kind).toBe('invalid');
  expect(most.verdict.reasons.map(({ code }) => code)).toContain('runner-died');
  expect(some?.trials).toEqual([]);
  expect(fleet.run.stage).toMatchObject({ end: { state: 'complete' } });
});

test('an interrupt ends a search where it stands, and one word says that the rest was not run', () => {
  const { fleet, most, verdict } = play({}, constant(10), [
    { atNs: 40 * S, befall: (running) => running.happen({ kind: 'interrupt', signal: 'SIGINT' }) },
  ]);
  expect(verdict).toMatchObject({ kind: 'inconclusive', exitCode: 130 });
  expect(most.peak?.ending).toBe('unfinished');
  expect(eventsOf(fleet).filter(({ kind }) => kind === 'not-run')).toHaveLength(1);
  // What is owed: the level that was cut off or comes next, and all that may come after it.
  const left = whatIsLeft(fleet.plan, fleet.evidence());
  const known = foundOut(fleet.plan, fleet.evidence());
  const measured = known.levels.get(0)?.length ?? 0;
  expect(measured).toBeGreaterThan(3);
  expect(left[0]?.trial).toBe(measured + 1);
  expect(left).toHaveLength((fleet.plan.cells[0]?.trials.length ?? 0) - measured);
});

test('a search that has ended owes nothing', () => {
  const { fleet } = found();
  expect(whatIsLeft(fleet.plan, fleet.evidence())).toEqual([]);
});

test('plan and journal alone give the same evidence, whenever they are read', () => {
  const { fleet } = found();
  const again = new EvidenceFold(fleet.plan);
  for (const entry of fleet.journal) again.add(entry);
  expect(again.evidence()).toEqual(fleet.evidence());
});

test('the peak does not hang on the harness: with its own lag counted out it lies inside the same interval', () => {
  const late: Behaviour = { serviceNs: () => 10 * MS, lagNs: (seq) => (seq % 7 === 0 ? 0.4 * MS : 0) };
  expect(play({}, late).most.verdict.kind).not.toBe('invalid');
  // A harness that is late by 30 ms at every tenth request is what was measured, and says so.
  const broken: Behaviour = { serviceNs: () => 10 * MS, lagNs: (seq) => (seq % 10 === 0 ? 30 * MS : 0) };
  const { most } = play({}, broken);
  expect(most.verdict.kind).toBe('invalid');
});
