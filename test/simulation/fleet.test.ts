import { expect, test } from 'vitest';
import type { Cell, Plan } from '../../src/campaign/plan.ts';
import type { ArrivalLaw } from '../../src/scenarios/phase.ts';
import { phasesOf } from '../../src/scenarios/presets.ts';
import { Histogram } from '../../src/stats/histogram.ts';
import { milliseconds, seconds } from '../../src/time/ns.ts';
import type { TrialResult } from '../../src/verdict/trial-result.ts';
import { type Misfortune, SimulatedFleet } from '../support/simulated-fleet.ts';
import type { Behaviour } from '../support/simulated-share.ts';
import { smallCell, smallPlan } from '../support/small-plan.ts';

const MS = 1e6;
const S = 1e9;
/** The first trial's first measure phase begins about here: boot, set-up, lead and a warm-up of one second. */
const ZERO = 1.95 * S;

interface Load {
  readonly rate: number;
  readonly forS: number;
  readonly law?: ArrivalLaw;
  readonly agents?: number;
  readonly workers?: number;
  readonly trials?: number;
  readonly retryInvalid?: number;
}

function plan({ rate, forS, law = 'poisson', agents = 2, workers = 1, trials = 1, retryInvalid = 0 }: Load): Plan {
  const phases = phasesOf(
    { kind: 'load', law, rate, durationNs: seconds(forS) },
    { warmupNs: seconds(1), places: agents * workers },
  );
  const cell: Partial<Cell> = {
    agents,
    workers,
    phases,
    trials: Array.from({ length: trials }, (_, index) => ({
      index: index + 1,
      scheduleDigest: null,
      scheduled: rate * forS,
    })),
  };
  return smallPlan([smallCell(cell)], { retryInvalid });
}

const constant = (ms: number): Behaviour => ({ serviceNs: () => ms * MS });

function play(load: Load, behaviour: Behaviour, misfortunes: readonly Misfortune[] = []) {
  const fleet = new SimulatedFleet(plan(load), behaviour, misfortunes).play();
  const { cells, verdict } = fleet.judge();
  const trials = cells.flatMap((cell) => cell.trials);
  return { fleet, verdict, trials, first: trials[0] as TrialResult };
}

/** Scheduled = every outcome together, for the trial and for every agent. */
function expectExactBooks({ accounting, perAgent }: TrialResult, arrivals: number): void {
  for (const { scheduled, ok, failed, shed, unfinished } of [accounting, ...perAgent.map((one) => one.accounting)]) {
    expect(ok + Object.values(failed).reduce((a, b) => a + b, 0) + shed + unfinished).toBe(scheduled);
  }
  expect(accounting.scheduled + accounting.cancelled).toBe(arrivals);
}

const codes = (reasons: readonly { readonly code: string }[]): string[] => reasons.map(({ code }) => code);

test('a fleet that nothing disturbs passes with exact books and no reason to doubt it', () => {
  const { fleet, verdict, first } = play({ rate: 100, forS: 40 }, constant(2));
  expect(fleet.run.stage).toEqual({ kind: 'ended', end: { kind: 'complete', state: 'complete' } });
  expect(verdict).toMatchObject({ kind: 'pass', exitCode: 0 });
  expect(first.verdict).toMatchObject({ kind: 'pass', cautions: [] });
  expectExactBooks(first, 4000);
  expect(first.accounting.ok).toBe(4000);
});

test('what the fleet merges is bit for bit one histogram of all requests, whatever the number of agents', () => {
  const merged = (agents: number): readonly Histogram[] => {
    const behaviour: Behaviour = { serviceNs: (seq) => (1 + ((seq * 7919) % 97) / 10) * MS };
    const { fleet } = play({ rate: 200, forS: 20, agents, workers: 64 }, behaviour);
    const [trial] = fleet.evidence().trials;
    const all = [new Histogram(), new Histogram()] as const;
    for (const slot of trial?.slots[1] ?? []) {
      all[0].add(slot.response);
      all[1].add(slot.service);
    }
    return all;
  };
  const [response, service] = merged(1);
  expect(response?.total).toBe(4000);
  for (const agents of [2, 8]) {
    const [r, s] = merged(agents);
    expect(r?.equals(response as Histogram)).toBe(true);
    expect(s?.equals(service as Histogram)).toBe(true);
    expect(r?.sumNs).toBeCloseTo(response?.sumNs ?? 0, -2);
  }
});

test('a line that is cut for four seconds in the middle loses nothing, repeats nothing, and changes no figure', () => {
  const load: Load = { rate: 200, forS: 20 };
  const calm = play(load, constant(3));
  const cut = play(load, constant(3), [
    { atNs: ZERO + 5.3 * S, befall: (fleet) => fleet.agent(1).cut(4 * S) },
    { atNs: ZERO + 12 * S, befall: (fleet) => fleet.agent(0).cut(0.2 * S) },
  ]);
  expect(cut.first).toEqual({ ...calm.first, startedAt: cut.first.startedAt, endedAt: cut.first.endedAt });
  expect(cut.fleet.journal.filter(({ kind }) => kind === 'interval')).toHaveLength(
    calm.fleet.journal.filter(({ kind }) => kind === 'interval').length,
  );
});

test('an agent that dies spoils its trial, is replaced, and the next trial is as good as ever', () => {
  const { fleet, trials, verdict } = play({ rate: 100, forS: 40, trials: 2 }, constant(2), [
    { atNs: ZERO + 7.5 * S, befall: (broken) => broken.agent(1).die() },
  ]);
  expect(trials.map(({ verdict: { kind } }) => kind)).toEqual(['invalid', 'pass']);
  expect(codes(trials[0]?.verdict.reasons ?? [])).toContain('agent-lost');
  expect(trials[1]?.accounting.ok).toBe(4000);
  expect(fleet.run.lastAttempt).toBe(2);
  expect(verdict.kind).toBe('pass');
  expect(codes(verdict.cautions)).toContain('invalid-trial-among-valid');
});

test('a runner that dies makes an invalid trial and leaves agent and plan standing', () => {
  const { fleet, trials } = play({ rate: 100, forS: 40, trials: 2 }, constant(2), [
    { atNs: ZERO + 3.2 * S, befall: (broken) => broken.agent(0).loseRunner() },
  ]);
  expect(codes(trials[0]?.verdict.reasons ?? [])).toContain('runner-died');
  expect(trials[1]?.verdict.kind).toBe('pass');
  expect(fleet.run.lastAttempt).toBe(1);
});

test.each([
  ['a runner dies', (fleet: SimulatedFleet) => fleet.agent(0).loseRunner()],
  ['an agent dies', (fleet: SimulatedFleet) => fleet.agent(1).die()],
])('a trial in which %s is repeated whole, on the same schedule, and the run passes', (_, befall) => {
  const load = { rate: 100, forS: 40, trials: 2, retryInvalid: 1 };
  const { trials, verdict } = play(load, constant(2), [{ atNs: ZERO + 7.5 * S, befall }]);
  expect(trials.map(({ index, attempt, verdict: { kind } }) => [index, attempt, kind])).toEqual([
    [1, 1, 'invalid'],
    [1, 2, 'pass'],
    [2, 1, 'pass'],
  ]);
  const [, repeated] = trials;
  const calm = play({ ...load, trials: 1 }, constant(2)).first;
  expect(repeated?.latency).toEqual(calm.latency);
  expectExactBooks(repeated as TrialResult, 4000);
  expect(verdict).toMatchObject({ kind: 'pass', exitCode: 0 });
  expect(codes(verdict.cautions)).toContain('retried');
});

test('an interrupt counts what was intended until then, exactly, and says interrupted', () => {
  const { verdict, trials, first } = play({ rate: 100, forS: 40, trials: 2 }, constant(2), [
    { atNs: ZERO + 11.7 * S, befall: (fleet) => fleet.happen({ kind: 'interrupt', signal: 'SIGINT' }) },
  ]);
  expect(verdict).toMatchObject({ kind: 'inconclusive', exitCode: 130 });
  expect(trials).toHaveLength(1);
  expectExactBooks(first, 4000);
  expect(first.accounting.scheduled).toBeGreaterThan(1100);
  expect(first.accounting.scheduled).toBeLessThan(1250);
});

test('an overloaded target fails and is never invalid', () => {
  const { verdict, first } = play({ rate: 200, forS: 20 }, constant(14));
  expect(verdict).toMatchObject({ kind: 'fail', exitCode: 10 });
  expectExactBooks(first, 4000);
  expect(first.accounting.ok).toBeLessThan(4000);
});

test('a slow harness is invalid and never fails the target', () => {
  const { verdict, first } = play({ rate: 100, forS: 20 }, { serviceNs: () => 1 * MS, lagNs: () => 30 * MS });
  expect(verdict).toMatchObject({ kind: 'invalid', exitCode: 13 });
  expect(codes(first.verdict.reasons)).toEqual(['generator-decides']);
});

test.each([1, 8, 64])('a stall of three seconds is charged for every request it delayed, with %i places', (workers) => {
  const stall: Behaviour = {
    serviceNs: (_, startNs) => {
      const [from, to] = [10 * S, 13 * S];
      return startNs >= from && startNs < to ? to - startNs + 0.001 * MS : 0.001 * MS;
    },
  };
  const { verdict, first } = play({ rate: 200, forS: 20, law: 'uniform', agents: 1, workers }, stall);
  const { p90, p95, p99 } = first.latency.response;
  expect(first.accounting.ok).toBe(4000);
  expect(p90.value).toBeCloseTo(1000, -1);
  expect(p95.value).toBeCloseTo(2000, -1);
  expect(p99.value).toBeCloseTo(2800, -1);
  expect(verdict.kind).toBe('fail');
});

test('deterministic service behind Poisson arrivals waits as Pollaczek and Khinchine say', () => {
  const { first } = play({ rate: 500, forS: 100, agents: 1 }, constant(1));
  // M/D/1 at 50 % load: mean wait = rho s / (2 (1 - rho)) = 0.5 ms.
  const { mean } = first.latency.wait;
  expect((mean.value ?? 0) / 0.5).toBeGreaterThan(0.95);
  expect((mean.value ?? 0) / 0.5).toBeLessThan(1.05);
});

test('a run that is played twice is judged by the same bytes', () => {
  const load: Load = { rate: 100, forS: 20 };
  const judged = () => JSON.stringify(play(load, constant(milliseconds(4) / MS)).fleet.judge());
  expect(judged()).toBe(judged());
});
