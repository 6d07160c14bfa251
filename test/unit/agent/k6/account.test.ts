import { expect, test } from 'vitest';
import { K6Account } from '../../../../src/agent/k6/account.ts';
import { type K6Iteration, K6Outcome } from '../../../../src/agent/k6/frames.ts';
import type { K6Spec } from '../../../../src/campaign/target-spec.ts';
import { executorName } from '../../../../src/scenarios/k6/executors.ts';
import { Outcome } from '../../../../src/stats/outcome.ts';
import { milliseconds, seconds } from '../../../../src/time/ns.ts';
import type { K6TrialSpec } from '../../../../src/wire/trial-spec.ts';
import { openLoad, phase, trialSpec } from '../../../support/trial-spec.ts';

const target: K6Spec = {
  kind: 'k6',
  script: { name: 'x.ts', path: '/x.ts', sha256: '' },
  vus: 10,
  env: {},
  options: 'scenario',
  thresholds: {},
  executors: 'open',
};
const load = openLoad(10, 3);
const uniform = load.kind === 'open' ? { ...load, law: 'uniform' as const } : load;
const spec = {
  ...trialSpec({ phases: [phase('load', 0, 3, uniform)], target, timeoutNs: seconds(1), drainNs: seconds(1) }),
  target,
  overdue: [{ metric: 'response', limitNs: 500e6 }],
} as K6TrialSpec;

const iteration = (outcome: number, durationMs = 10, failure = 0): K6Iteration => ({
  scenario: 0,
  outcome,
  failure,
  startNs: 0n,
  durationNs: durationMs * 1e6,
});

function account(): K6Account {
  const made = new K6Account(spec);
  made.define({ kind: 'scenario', id: 0, name: executorName(0) });
  made.define({ kind: 'failure', id: 1, outcome: K6Outcome.exception, code: 'Rejected', message: 'Rejected: 429' });
  return made;
}

const outcomesOf = (sealed: ReturnType<K6Account['seal']>): number[] =>
  sealed.slots.reduce<number[]>((sum, { tally }) => [...tally.outcomes].map((n, i) => n + (sum[i] ?? 0)), []);

test('what is offered stands by the schedule, whatever has come back of it', () => {
  const made = account();
  for (let i = 0; i < 4; i++) made.settle(iteration(K6Outcome.ok), i * 100e6);
  const first = made.seal();
  expect(first.phases).toMatchObject([{ offered: 10, started: 4, achieved: 4 }]);
  expect(first.inFlight).toBe(6);
  // Intended at 0 to 500 ms and not settled: 400 and 500 ms; the last one is just as old as the age.
  expect(first.overdue).toEqual({ overdue: [1], lessLag: [1] });
});

test('every outcome of k6 has its class, and what takes longer than the timeout is one', () => {
  const made = account();
  made.settle(iteration(K6Outcome.ok), 0);
  made.settle(iteration(K6Outcome.ok, 1500), 0);
  made.settle(iteration(K6Outcome.exception), milliseconds(100));
  made.settle(iteration(K6Outcome.exception, 10, 1), milliseconds(200));
  made.settle(iteration(K6Outcome.failedCheck), milliseconds(300));
  made.settle(iteration(K6Outcome.dropped, 0), milliseconds(400));
  made.settle(iteration(K6Outcome.interrupted, 0), milliseconds(500));
  const outcomes = outcomesOf(made.seal());
  expect(outcomes[Outcome.ok]).toBe(1);
  expect(outcomes[Outcome.targetError]).toBe(1);
  expect(outcomes[Outcome.rejected]).toBe(1);
  expect(outcomes[Outcome.wrongOutput]).toBe(1);
  expect(outcomes[Outcome.shed]).toBe(1);
  expect(outcomes[Outcome.unfinished]).toBe(1);
  expect(outcomesOf(made.seal())[Outcome.timeout]).toBe(1);
});

test('ticks that k6 never spoke of were not started though a place was free', () => {
  const made = account();
  for (let i = 0; i < 28; i++) made.settle(iteration(K6Outcome.ok), i * 100e6);
  for (let second = 0; second < 3; second++) made.recycle(made.seal());
  const last = made.close(seconds(3.5), null);
  expect(last.closing).toMatchObject({ notStartedThoughFree: [2], cancelled: [0], stoppedNs: null });
  expect(outcomesOf(last)[Outcome.unfinished]).toBe(2);
});

test('a stop cancels what was to be offered after it, and is no fault of the harness', () => {
  const made = account();
  made.stop(seconds(1));
  for (let i = 0; i < 9; i++) made.settle(iteration(K6Outcome.ok), i * 100e6);
  made.recycle(made.seal());
  const last = made.close(seconds(1.2), seconds(1));
  expect(last.closing).toMatchObject({ cancelled: [20], notStartedThoughFree: [0], stoppedNs: 1e9 });
  expect(outcomesOf(last)[Outcome.unfinished]).toBe(1);
});

test('an iteration of no phase, as of a set-up, counts nowhere', () => {
  const made = account();
  made.define({ kind: 'scenario', id: 5, name: '' });
  made.settle({ ...iteration(K6Outcome.ok), scenario: 5 }, 0);
  expect(made.seal().slots).toEqual([]);
});

test('ticks that k6 fires only when their phase is over were not started in time; a set-up delays none', () => {
  const late = account();
  for (let i = 0; i < 30; i++) late.settle(iteration(K6Outcome.ok), i * 130e6);
  for (let second = 0; second < 4; second++) late.recycle(late.seal());
  expect(late.close(seconds(4.5), null).closing).toMatchObject({ notStartedThoughFree: [6] });
  const shifted = account();
  for (let i = 0; i < 30; i++) shifted.settle(iteration(K6Outcome.ok), seconds(0.8) + i * 100e6);
  for (let second = 0; second < 4; second++) shifted.recycle(shifted.seal());
  expect(shifted.close(seconds(4.5), null).closing).toMatchObject({ notStartedThoughFree: [0] });
});
