import { expect, test } from 'vitest';
import { deadlinesFor } from '../../../src/coordinator/fleet-plan.ts';
import { milliseconds, ns, seconds } from '../../../src/time/ns.ts';
import { atOncePhase } from '../../support/cells.ts';
import { RunPlay } from '../../support/run-play.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const plan = (trials: number, change: Parameters<typeof smallCell>[0] = {}) =>
  smallPlan([
    smallCell({
      trials: Array.from({ length: trials }, (_, index) => ({
        index: index + 1,
        scheduleDigest: null,
        scheduled: 200,
      })),
      ...change,
    }),
  ]);

/** Lead 0.05 s, warm-up 1 s, load 2 s, drain 2 s, and 3 s for the end of the run. */
const LENGTH = 8.05;
const due = (atS: number) => ({ deadline: { atNs: seconds(atS), text: `${atS}s` } });
const play = (trials: number, atS: number, change: Parameters<typeof smallCell>[0] = {}) =>
  new RunPlay(plan(trials, change), deadlinesFor('loopback'), due(atS));

test('a trial that fits is run to its end', () => {
  const one = play(1, LENGTH + 1.1).until('running');
  one.pass(4);
  one.closeAll();
  expect(one.journaled('trial-ended')).toMatchObject([{ stop: null }]);
  expect(one.journaled('not-run')).toEqual([]);
});

test('a trial that does not fit is not run, and none after it; the run says which and why', () => {
  const two = play(3, 10).until('running');
  two.pass(3.05);
  two.closeAll();
  expect(two.stage).toBe('leaving');
  const why = 'the --deadline of 10s leaves no time for it';
  expect(two.journaled('not-run')).toEqual([
    { kind: 'not-run', cell: 0, trial: 2, why, cause: 'deadline' },
    { kind: 'not-run', cell: 0, trial: 3, why, cause: 'deadline' },
  ]);
  two.byeAll();
  expect(two.run.stage).toMatchObject({ end: { kind: 'complete', state: 'aborted' } });
});

test('where the stay of its coordinator is what ends, the run says that', () => {
  const { deadline } = due(10);
  const two = new RunPlay(plan(2), deadlinesFor('loopback'), { deadline: { ...deadline, text: '20m', of: 'place' } });
  two.until('running').pass(3.05);
  two.closeAll();
  const why = "the walltime of 20m of the coordinator's place leaves no time for it";
  expect(two.journaled('not-run')).toMatchObject([{ trial: 2, why }]);
});

test('a trial is given the time that opening its target took before', () => {
  const two = play(2, 40).until('preparing');
  two.pass(10);
  two.readyAll();
  two.armAll();
  two.pass(3);
  two.closeAll();
  expect(two.stage).toBe('preparing');
  const late = play(2, 13 + 10 + LENGTH - 0.1).until('preparing');
  late.pass(10);
  late.readyAll();
  late.armAll();
  late.pass(3);
  late.closeAll();
  expect(late.journaled('not-run')).toMatchObject([{ trial: 2, cause: 'deadline' }]);
});

test('a target that opens too slowly for the deadline is let go, and its trial is not run', () => {
  const one = play(1, 30).until('preparing');
  one.pass(21);
  expect(one.stage).toBe('preparing');
  one.pass(1);
  expect(one.ordered(0, 'stop')?.reason).toBe('deadline');
  for (const index of one.members()) one.say(index, { kind: 'trial-done', command: one.command(index, 'prepare') });
  expect(one.journaled('not-run')).toMatchObject([{ trial: 1, cause: 'deadline' }]);
  expect(one.journaled('trial-ended')).toEqual([]);
});

test('a trial that no longer fits when everybody is ready is not started', () => {
  const one = play(1, 30).until('preparing');
  one.atNs = ns(seconds(30 - LENGTH) + milliseconds(1));
  one.readyAll();
  expect(one.ordered(0, 'start')).toBeNull();
  expect(one.journaled('agent-ready')).toEqual([]);
  for (const index of [0, 1]) one.say(index, { kind: 'trial-done', command: one.command(index, 'prepare') });
  expect(one.journaled('not-run')).toMatchObject([{ trial: 1, cause: 'deadline' }]);
});

const offline = { phases: [atOncePhase(10)] } as const;

test('a trial of unknown length is stopped while there is time to drain it', () => {
  const one = play(1, 20, offline).until('running');
  for (let second = 0; second < 14; second++) {
    for (const index of [0, 1]) one.store(index, 'another');
    one.pass(1);
  }
  expect(one.ordered(0, 'stop')).toBeNull();
  one.pass(1);
  expect(one.ordered(0, 'stop')).toMatchObject({ atNs: seconds(15), reason: 'deadline' });
  one.closeAll();
  expect(one.journaled('trial-ended')).toMatchObject([{ stop: { cause: 'deadline' } }]);
});

test('what only drains is not stopped', () => {
  const one = play(1, LENGTH + 1.1).until('running');
  one.pass(4);
  expect(one.stage).toBe('running');
  one.pass(1.5);
  expect(one.ordered(0, 'stop')).toBeNull();
});

test('a place that comes too late leaves everything as not run, by the deadline', () => {
  const one = play(2, 20);
  one.register(0);
  one.pass(11);
  expect(one.stage).toBe('registering');
  one.pass(1);
  expect(one.stage).toBe('leaving');
  expect(one.journaled('not-run').map(({ trial, cause }) => [trial, cause])).toEqual([
    [1, 'deadline'],
    [2, 'deadline'],
  ]);
});

test('waiting for a lost place ends with the time for its trial', () => {
  const two = play(2, 40).until('running');
  two.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGKILL' });
  two.close(0);
  two.pass(31);
  expect(two.stage).toBe('refilling');
  two.pass(1);
  expect(two.journaled('not-run')).toMatchObject([{ trial: 2, cause: 'deadline' }]);
});

test('a repetition that does not fit leaves its trial as it was', () => {
  const once = smallPlan([smallCell()], { retryInvalid: 1 });
  const one = new RunPlay(once, deadlinesFor('loopback'), due(12)).until('running');
  one.pass(5);
  one.closeAll();
  one.reviewed('invalid');
  expect(one.stage).toBe('leaving');
  expect(one.journaled('not-run')).toEqual([]);
});

const stayed = (stayS: number, trials = 2): RunPlay =>
  new RunPlay({
    ...plan(trials),
    fleet: { engine: 'slurm', queueNs: seconds(600), stayNs: seconds(stayS), instances: {} },
  });

test('a trial that the walltime of its places leaves no time for is not run, and said so', () => {
  const two = stayed(LENGTH + 4);
  two.happen({ kind: 'placed', attempt: 1 });
  two.until('running');
  two.pass(3.05);
  two.closeAll();
  const why = `the walltime of ${LENGTH + 4} s leaves no time for it`;
  expect(two.journaled('not-run')).toEqual([{ kind: 'not-run', cell: 0, trial: 2, why, cause: 'deadline' }]);
});

test('a walltime counts from when the engine gave the places, however long it looked for them', () => {
  const patient = stayed(2 * LENGTH + 4);
  patient.happen({ kind: 'queued', attempt: 1, why: 'Resources' });
  patient.pass(500);
  patient.happen({ kind: 'placed', attempt: 1 });
  patient.until('running');
  patient.pass(3.05);
  patient.closeAll();
  expect(patient.journaled('not-run')).toEqual([]);
  expect(patient.stage).toBe('preparing');
});
