import { expect, test } from 'vitest';
import { type IterationSample, ToldIterations } from '../../../../../src/agent/k6/csv/iterations.ts';
import { type K6Frame, K6Outcome } from '../../../../../src/agent/k6/frames.ts';

const MS = 1_000_000n;
const sample = (metric: string, vu: string, atMs: number, value = 1, check = ''): IterationSample => ({
  metric,
  scenario: 'main',
  check,
  vu,
  thrown: '',
  atNs: BigInt(atMs) * MS,
  value,
});
const thrown = (atMs: number, code = 'Error') => ({
  scenario: 'main',
  atNs: BigInt(atMs) * MS,
  code,
  message: `${code}: it`,
});

const settledIn = (frames: readonly K6Frame[]) =>
  frames.flatMap((frame) => (frame.kind === 'iterations' ? frame.iterations : []));
const outcomesIn = (frames: readonly K6Frame[]): number[] => settledIn(frames).map(({ outcome }) => outcome);

test('an iteration is told 400 ms after its end, with its start', () => {
  const told = new ToldIterations();
  told.add(sample('iteration_duration', '1', 1000, 250.5));
  expect(settledIn(told.take(1400n * MS))).toEqual([]);
  expect(told.take(1401n * MS)).toEqual([
    {
      kind: 'iterations',
      iterations: [{ scenario: 0, failure: 0, outcome: K6Outcome.ok, startNs: 749_500_000n, durationNs: 250_500_000 }],
    },
  ]);
});

test('a scenario is named before its iterations are told', () => {
  const told = new ToldIterations();
  told.add(sample('dropped_iterations', '', 5, 2));
  expect(told.take(0n).map(({ kind }) => kind)).toEqual(['scenario', 'iterations']);
});

test('an exception that only the log tells of is given to the iteration that ended last before it, once each', () => {
  const told = new ToldIterations();
  for (const endMs of [10, 20, 30]) told.add(sample('iteration_duration', String(endMs), endMs));
  told.hear([thrown(25), thrown(26, 'Rejected')]);
  const frames = told.take(1000n * MS);
  expect(settledIn(frames).map(({ outcome, failure }) => [outcome, failure])).toEqual([
    [K6Outcome.exception, 2],
    [K6Outcome.exception, 1],
    [K6Outcome.ok, 0],
  ]);
  expect(frames).toContainEqual({
    kind: 'failure',
    id: 2,
    outcome: K6Outcome.exception,
    code: 'Rejected',
    message: 'Rejected: it',
  });
});

test('an exception that is told where it is thrown belongs to its own iteration, whatever the log has of it', () => {
  const told = new ToldIterations();
  told.hear([{ ...thrown(12, 'Rejected'), message: 'Rejected: so' }]);
  expect(settledIn(told.take(20n * MS))).toEqual([]);
  told.add(sample('iteration_duration', '2', 11));
  told.add({ ...sample('loadcell_thrown', '1', 9), thrown: 'Rejected: so\nand so' });
  told.add(sample('checks', '1', 9, 0, 'is 200'));
  told.add(sample('iteration_duration', '1', 10));
  told.add(sample('iteration_duration', '1', 12));
  const frames = told.take(1000n * MS);
  expect(outcomesIn(frames)).toEqual([K6Outcome.ok, K6Outcome.exception, K6Outcome.ok]);
  expect(frames).toContainEqual({
    kind: 'failure',
    id: 1,
    outcome: K6Outcome.exception,
    code: 'Rejected',
    message: 'Rejected: so',
  });
  expect(told.orphans).toBe(0);
});

test('an exception that only the log tells of takes no other ones place, and one in other words is not counted twice', () => {
  const told = new ToldIterations();
  told.add(sample('iteration_duration', '2', 95));
  told.add({ ...sample('loadcell_thrown', '1', 99), thrown: 'Error: told' });
  told.add(sample('iteration_duration', '1', 100));
  told.hear([thrown(96, 'Late'), { ...thrown(101), message: 'Error: told' }]);
  expect(outcomesIn(told.take(1000n * MS))).toEqual([K6Outcome.exception, K6Outcome.exception]);
  told.add(sample('iteration_duration', '2', 2095));
  told.add({ ...sample('loadcell_thrown', '1', 2099), thrown: 'told' });
  told.add(sample('iteration_duration', '1', 2100));
  told.hear([thrown(2101)]);
  expect(outcomesIn(told.take(3000n * MS))).toEqual([K6Outcome.ok, K6Outcome.exception]);
});

test('an exception that is read before the samples of its iteration waits for them', () => {
  const told = new ToldIterations();
  told.hear([thrown(50)]);
  expect(told.take(100n * MS)).toEqual([]);
  told.add(sample('iteration_duration', '1', 49));
  expect(outcomesIn(told.take(1000n * MS))).toEqual([K6Outcome.exception]);
  expect(told.orphans).toBe(0);
});

test('an exception whose iteration never comes is counted after five seconds, or at the end', () => {
  const told = new ToldIterations();
  told.hear([thrown(50)]);
  told.take(5050n * MS);
  expect(told.orphans).toBe(0);
  told.take(5051n * MS);
  expect(told.orphans).toBe(1);
  told.hear([thrown(60)]);
  told.takeRest();
  expect(told.orphans).toBe(2);
});

test('a failed check belongs to the iteration of its virtual user and to no later one', () => {
  const told = new ToldIterations();
  told.add(sample('checks', '1', 5, 0, 'is 200'));
  told.add(sample('checks', '1', 5, 0, 'is short'));
  told.add(sample('checks', '2', 5, 1, 'is 200'));
  told.add(sample('iteration_duration', '2', 6));
  told.add(sample('iteration_duration', '1', 7));
  told.add(sample('iteration_duration', '1', 8));
  const frames = told.take(1000n * MS);
  expect(outcomesIn(frames)).toEqual([K6Outcome.ok, K6Outcome.failedCheck, K6Outcome.ok]);
  expect(frames).toContainEqual({
    kind: 'failure',
    id: 1,
    outcome: K6Outcome.failedCheck,
    code: 'check',
    message: 'failed check: is 200',
  });
});

test('traffic without a duration was of an iteration that was interrupted, set-up aside', () => {
  const told = new ToldIterations();
  told.add({ ...sample('data_sent', '', 1), scenario: '' });
  told.add(sample('data_sent', '1', 10));
  told.add(sample('data_sent', '1', 20));
  told.add(sample('iteration_duration', '1', 20));
  told.add(sample('data_sent', '2', 30));
  expect(outcomesIn(told.take(25n * MS))).toEqual([K6Outcome.interrupted]);
  expect(outcomesIn(told.takeRest()).toSorted()).toEqual([K6Outcome.ok, K6Outcome.interrupted]);
});

test('every dropped tick counts', () => {
  const told = new ToldIterations();
  told.add(sample('dropped_iterations', '', 5, 3));
  expect(outcomesIn(told.take(0n))).toEqual([K6Outcome.dropped, K6Outcome.dropped, K6Outcome.dropped]);
});
