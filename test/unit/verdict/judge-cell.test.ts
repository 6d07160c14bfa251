import { expect, test } from 'vitest';
import { seconds } from '../../../src/time/ns.ts';
import type { TrialEvidence } from '../../../src/verdict/evidence.ts';
import { judgeCell } from '../../../src/verdict/judge-cell.ts';
import { judgeRun } from '../../../src/verdict/judge-run.ts';
import type { CellResult } from '../../../src/verdict/result.ts';
import { cellOf, latencyBelow, openPhase, rampPhase, withTrials } from '../../support/cells.ts';
import { evidenceOf, request, withAgents } from '../../support/evidence.ts';
import { uniformMs } from '../../support/queue.ts';

const load = openPhase('load', 100, 20);
const one = cellOf([load], [latencyBelow(0.95, 100)]);
const names = (agent: number): string => `node-${agent}`;

/** A trial in which every n-th request is slow. */
const trial = (index: number, everyNth = 100, more: Partial<TrialEvidence> = {}): TrialEvidence =>
  evidenceOf(
    one,
    uniformMs(load).map((at, i) => request(at, { service: i % everyNth === 0 ? 150 : 10 })),
    { trial: index, ...more },
  );
const invalid = (index: number, more: Partial<TrialEvidence> = {}): TrialEvidence => ({
  ...withAgents(trial(index), { missingIntervals: 1 }),
  ...more,
});

const judge = (planned: number, trials: readonly TrialEvidence[]) => judgeCell(withTrials(one, planned), trials, names);
const codesOf = ({ verdict }: CellResult) => ({
  kind: verdict.kind,
  reasons: verdict.reasons.map(({ code }) => code),
  cautions: verdict.cautions.map(({ code }) => code),
});

test('a cell of one trial has its verdict, and says that the spread between runs is not in the bounds', () => {
  const cell = judge(1, [trial(1)]);
  expect(codesOf(cell)).toEqual({ kind: 'pass', reasons: [], cautions: ['run-to-run-not-covered'] });
  expect(cell.objectives).toEqual(cell.trials[0]?.objectives);
});

test('a cell judged by facts claims nothing beyond its runs', () => {
  const ramp = cellOf([rampPhase('ramp', 50, 150, 20)], [latencyBelow(0.95, 100)]);
  const evidence = evidenceOf(
    ramp,
    Array.from({ length: 2000 }, (_, i) => request(10 * i)),
  );
  expect(codesOf(judgeCell(ramp, [evidence], names)).cautions).toEqual([]);
});

test('valid trials are pooled', () => {
  const cell = judge(3, [trial(1, 20), trial(2, 100), trial(3, 100)]);
  expect(cell.trials.map(({ verdict }) => verdict.kind)).toEqual(['inconclusive', 'pass', 'pass']);
  expect(codesOf(cell).kind).toBe('pass');
  expect(cell.objectives[0]?.over).toEqual({ count: 140, of: 6000 });
});

test('from five trials on the spread between them is judged', () => {
  const steady = judge(
    5,
    [1, 2, 3, 4, 5].map((index) => trial(index, 50)),
  );
  expect(codesOf(steady)).toEqual({ kind: 'pass', reasons: [], cautions: [] });
  expect(steady.betweenTrials?.response.p50).toMatchObject({ trials: 5, method: 't-of-logs' });
  expect(steady.betweenTrials?.response.p95?.value).toBeCloseTo(steady.objectives[0]?.betweenTrials?.value ?? 0, 9);
  expect(steady.objectives[0]?.betweenTrials).toMatchObject({ trials: 5, method: 't-of-logs', confidence: 0.95 });
  expect(steady.objectives[0]?.betweenTrials?.value).toBeCloseTo(steady.objectives[0]?.observed.value ?? 0, 6);
  expect(
    judge(
      4,
      [1, 2, 3, 4].map((index) => trial(index, 50)),
    ).objectives[0],
  ).not.toHaveProperty('betweenTrials');

  const scattered = judge(
    5,
    [10, 12, 2000, 2000, 2000].map((nth, i) => trial(i + 1, nth)),
  );
  expect(codesOf(scattered).kind).toBe('inconclusive');
  const [objective] = scattered.objectives;
  expect(objective?.needs).toBeNull();
  expect(objective?.reason?.hint).toContain('differ too much from one another');
});

test('an invalid trial among valid ones is left out and is a caution', () => {
  const cell = judge(3, [trial(1), invalid(2), trial(3)]);
  expect(codesOf(cell)).toEqual({
    kind: 'pass',
    reasons: [],
    cautions: ['invalid-trial-among-valid', 'run-to-run-not-covered'],
  });
  expect(cell.objectives[0]?.over?.of).toBe(4000);
});

test('a cell is invalid when fewer than half of its trials are valid', () => {
  expect(codesOf(judge(4, [trial(1), trial(2), invalid(3), invalid(4)])).kind).toBe('pass');
  expect(codesOf(judge(3, [trial(1), invalid(2), invalid(3)]))).toMatchObject({
    kind: 'invalid',
    reasons: ['too-few-valid-trials', 'interval-lost', 'interval-lost'],
  });
});

test('an invalid single trial gives the cell its reasons and its figures', () => {
  const cell = judge(1, [invalid(1)]);
  expect(codesOf(cell)).toMatchObject({ kind: 'invalid', reasons: ['interval-lost'] });
  expect(cell.objectives[0]?.over?.of).toBe(2000);
});

test('a repeated attempt replaces the invalid one and both are shown', () => {
  const cell = judge(1, [invalid(1), trial(1, 100, { attempt: 2 })]);
  expect(codesOf(cell)).toMatchObject({ kind: 'pass', cautions: ['retried', 'run-to-run-not-covered'] });
  expect(cell.trials.map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test('a cell of which nothing was run is inconclusive', () => {
  expect(codesOf(judge(2, []))).toMatchObject({ kind: 'inconclusive', reasons: ['not-run'] });
  expect(codesOf(judge(3, [trial(1)]))).toMatchObject({ kind: 'inconclusive', reasons: ['not-run'] });
});

test('a cell of which nothing was run says why, where that is recorded', () => {
  const why = 'agent 1 did not register again within 60 s';
  const missed = [{ trial: 1, why, cause: 'no-place' }] as const;
  const { verdict, notRun } = judgeCell(one, [], names, missed);
  expect(notRun).toEqual(missed);
  expect(verdict.reasons).toMatchObject([{ code: 'not-run', where: one.id, message: `It was not run: ${why}.` }]);
  const [caution] = judgeCell(withTrials(one, 2), [trial(1)], names, missed).verdict.cautions;
  expect(caution).toMatchObject({ code: 'invalid-trial-among-valid', message: expect.stringContaining(`(${why})`) });
});

test('what the deadline left no time for says so by its code', () => {
  const missed = [{ trial: 1, why: 'the --deadline of 50m leaves no time for it', cause: 'deadline' }] as const;
  const { verdict } = judgeCell(one, [], names, missed);
  expect(verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'deadline' }] });
  expect(judgeRun([judgeCell(one, [], names, missed)], 'aborted')).toMatchObject({ exitCode: 12 });
});

test('a trial that the deadline stopped leaves its cell open, however its requests came out', () => {
  const cell = judge(2, [trial(1), trial(2, 2, { stop: { atNs: seconds(20), cause: 'deadline' } })]);
  expect(codesOf(cell)).toMatchObject({ kind: 'inconclusive', reasons: ['deadline'] });
});

test('a cut attempt is repeated as an invalid one is: the last one counts', () => {
  const cut = trial(1, 2, { stop: { atNs: seconds(20), cause: 'interrupt' } });
  const cell = judge(1, [cut, trial(1, 100, { attempt: 2 })]);
  expect(codesOf(cell)).toMatchObject({ kind: 'pass', cautions: ['retried', 'run-to-run-not-covered'] });
  expect(cell.objectives[0]?.over?.of).toBe(2000);
});

const interrupted = () => judge(1, [trial(1, 2, { stop: { atNs: seconds(20), cause: 'interrupt' } })]);

test('an interrupted cell is inconclusive, however its requests came out', () => {
  expect(codesOf(interrupted())).toMatchObject({ kind: 'inconclusive', reasons: ['interrupted'] });
});

test('an aborted cell fails', () => {
  const cell = judge(1, [trial(1, 2, { stop: { atNs: seconds(20), cause: 'abort' } })]);
  expect(codesOf(cell)).toMatchObject({ kind: 'fail', reasons: ['aborted', 'gross-breach'] });
});

const passes = () => judge(1, [trial(1)]);
const fails = () => judge(1, [trial(1, 2)]);
const isInvalid = () => judge(1, [invalid(1)]);
const isOpen = () => judge(1, [trial(1, 21)]);

test.each([
  ['fail', 10, () => [passes(), isInvalid(), fails(), isOpen()]],
  ['invalid', 13, () => [passes(), isInvalid(), isOpen()]],
  ['inconclusive', 12, () => [passes(), isOpen()]],
  ['pass', 0, () => [passes(), passes()]],
  ['pass', 0, () => []],
] as const)('the gravest cell makes the run %s, exit %d', (kind, exitCode, cells) => {
  expect(judgeRun(cells(), 'complete')).toMatchObject({ kind, exitCode });
});

test('a sound failure and an invalid cell are both told', () => {
  const { reasons } = judgeRun([isInvalid(), fails()], 'complete');
  expect(reasons.map(({ code }) => code)).toEqual(['gross-breach', 'interval-lost']);
});

test('a cell outside the verdict does not decide', () => {
  expect(judgeRun([{ ...fails(), judged: false }, passes()], 'complete')).toMatchObject({ kind: 'pass', exitCode: 0 });
});

test('an interrupted run is inconclusive with exit 130 and still tells what failed', () => {
  const run = judgeRun([fails(), interrupted()], 'interrupted');
  expect(run).toMatchObject({ kind: 'inconclusive', exitCode: 130 });
  expect(run.reasons.map(({ code }) => code)).toEqual(['interrupted', 'gross-breach']);
});

test('a run that ended by itself before its cells is no pass', () => {
  expect(judgeRun([passes()], 'aborted')).toMatchObject({ kind: 'inconclusive', exitCode: 12 });
});

test('a run of which trials were not run is no pass, and names them; a sound failure stays one', () => {
  const missed = [{ trial: 2, why: 'the --deadline of 50m leaves no time for it', cause: 'deadline' }] as const;
  const partly = judgeCell(withTrials(one, 2), [trial(1)], names, missed);
  expect(partly.verdict.kind).toBe('pass');
  const run = judgeRun([partly], 'aborted');
  expect(run).toMatchObject({ kind: 'inconclusive', exitCode: 12, reasons: [{ code: 'deadline' }] });
  expect(run.reasons[0]?.message).toContain('target/load, trial 2');
  expect(judgeRun([partly, fails()], 'aborted')).toMatchObject({ kind: 'fail', exitCode: 10 });
});

test('a run that went on elsewhere says so, one that went on where it was does not', () => {
  const part = {
    stoppedAt: '2026-11-22T05:18:00.000Z',
    at: '2026-11-22T06:00:00.000Z',
    source: { commit: null, dirty: null, ci: null },
  };
  const codes = (sameNodes: boolean) =>
    judgeRun([passes()], 'complete', [{ ...part, sameNodes }]).cautions.map(({ code }) => code);
  expect(codes(false)).toContain('resumed-elsewhere');
  expect(codes(true)).not.toContain('resumed-elsewhere');
});
