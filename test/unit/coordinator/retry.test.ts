import { expect, test } from 'vitest';
import { seconds } from '../../../src/time/ns.ts';
import { RunPlay } from '../../support/run-play.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const trialRef = { cell: 0, trial: 1, attempt: 1 };

const plan = (retryInvalid: number) =>
  smallPlan(
    [
      smallCell({
        trials: [
          { index: 1, scheduleDigest: null, scheduled: 200 },
          { index: 2, scheduleDigest: null, scheduled: 200 },
        ],
      }),
    ],
    { retryInvalid },
  );

/** The runner of agent 1 dies, agent 0 closes its share. */
function spoil(play: RunPlay): void {
  const command = play.command(1, 'prepare');
  play.say(1, { kind: 'fault', command, code: 'runner-died', message: 'the runner was ended by SIGKILL' });
  play.close(0);
}

function runOnce(play: RunPlay): void {
  play.readyAll();
  play.armAll();
  play.closeAll();
}

test('without further attempts no trial is reviewed', () => {
  const play = new RunPlay(plan(0)).until('running');
  spoil(play);
  expect(play.commands.filter(({ kind }) => kind === 'review')).toEqual([]);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
});

test('an invalid trial is run once more, before the next one, and the next one has its own attempts', () => {
  const play = new RunPlay(plan(1)).until('running');
  spoil(play);
  expect(play.stage).toBe('reviewing');
  expect(play.latest.at(-1)).toEqual({ kind: 'review', ref: trialRef });
  play.reviewed('invalid');
  expect(play.shown.map(({ kind }) => kind)).toContain('trial-retried');
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, attempt: 2 });
  runOnce(play);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
  runOnce(play);
  expect(play.stage).toBe('reviewing');
  play.reviewed('valid');
  expect(play.stage).toBe('leaving');
  play.byeAll();
  expect(play.journaled('trial-ended').map(({ trial, attempt }) => [trial, attempt])).toEqual([
    [1, 1],
    [1, 2],
    [2, 1],
  ]);
  expect(play.run.stage).toMatchObject({ end: { state: 'complete' } });
});

test('a trial is repeated as often as is allowed, and then stays invalid', () => {
  const play = new RunPlay(plan(2)).until('running');
  for (const attempt of [1, 2]) {
    spoil(play);
    play.reviewed('invalid');
    expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, attempt: attempt + 1 });
    play.readyAll();
    play.armAll();
  }
  spoil(play);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
  expect(play.journaled('not-run')).toEqual([]);
});

test.each(['valid', 'unknown'] as const)('a trial that is %s is not repeated', (kind) => {
  const play = new RunPlay(plan(3)).until('running');
  play.closeAll();
  play.reviewed(kind);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
  expect(play.shown.some((event) => event.kind === 'fault')).toBe(kind === 'unknown');
});

test('a review of another attempt decides nothing', () => {
  const play = new RunPlay(plan(1)).until('running');
  play.closeAll();
  play.happen({ kind: 'reviewed', ref: { ...trialRef, attempt: 2 }, review: { kind: 'invalid', why: 'late' } });
  expect(play.stage).toBe('reviewing');
});

test('a repeated trial has all its starts again, with the ordinary lead', () => {
  const play = new RunPlay(plan(1)).until('preparing');
  for (let start = 1; start <= 4; start++) {
    play.readyAll();
    play.arm(1, 'late');
    for (const index of play.members()) {
      play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
    }
  }
  expect(play.journaled('trial-ended').map(({ anew }) => anew)).toEqual([true, true, true, undefined]);
  play.reviewed('invalid');
  play.readyAll();
  expect(play.ordered(0, 'start')?.zeroNs).toBe(seconds(1.05));
  play.arm(1, 'late');
  for (const index of play.members()) {
    play.say(index, { kind: 'trial-done', command: play.command(index, 'prepare') });
  }
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, attempt: 6 });
});

test('a lost agent of the last trial is asked for again where the trial may be repeated', () => {
  const last = smallPlan([smallCell()], { retryInvalid: 1 });
  const play = new RunPlay(last).until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGKILL' });
  expect(play.commands).toContainEqual({ kind: 'submit', attempt: 2, indices: [1], instance: null });
  play.close(0);
  play.reviewed('invalid');
  expect(play.stage).toBe('refilling');
  play.register(1);
  expect(play.ordered(1, 'prepare')?.trial).toEqual({ ...trialRef, attempt: 2 });
});

test('a repetition that finds no place leaves its trial as it was, and no trial as not run', () => {
  const last = smallPlan([smallCell()], { retryInvalid: 1 });
  const play = new RunPlay(last).until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGKILL' });
  play.happen({ kind: 'no-place', attempt: 2, message: 'no room on this node' });
  play.close(0);
  play.reviewed('invalid');
  expect(play.journaled('not-run')).toEqual([]);
  expect(play.shown.map(({ kind }) => kind)).toContain('trial-not-run');
  play.byeAll();
  expect(play.run.stage).toMatchObject({ end: { state: 'complete' } });
});

test('an interrupt while a trial is reviewed ends the run after it', () => {
  const play = new RunPlay(plan(1)).until('running');
  spoil(play);
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  expect(play.stage).toBe('leaving');
  expect(play.journaled('not-run')).toMatchObject([{ trial: 2, cause: 'interrupt' }]);
  play.reviewed('invalid');
  expect(play.stage).toBe('leaving');
});

test('an interrupted trial is not repeated', () => {
  const play = new RunPlay(plan(1)).until('running');
  play.happen({ kind: 'interrupt', signal: 'SIGINT' });
  play.closeAll();
  expect(play.commands.filter(({ kind }) => kind === 'review')).toEqual([]);
  expect(play.stage).toBe('leaving');
});

test('a run that is taken up again runs what is left, in the order of the plan, and no attempt twice', () => {
  const left = [
    { cell: 0, trial: 1, attempt: 3, retries: 1 },
    { cell: 0, trial: 2, attempt: 1, retries: 0 },
  ];
  const play = new RunPlay(plan(1), undefined, { left: left.toReversed() }).until('running');
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, attempt: 3 });
  spoil(play);
  expect(play.commands.filter(({ kind }) => kind === 'review')).toEqual([]);
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...trialRef, trial: 2 });
  expect(play.run.fleet.trials.map(({ position }) => [position.index, position.of])).toEqual([
    [1, 2],
    [2, 2],
  ]);
});
