import { expect, test } from 'vitest';
import type { CalledStop } from '../../../src/coordinator/live-stops.ts';
import { RunPlay } from '../../support/run-play.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

const trials = [
  { index: 1, scheduleDigest: null, scheduled: 200 },
  { index: 2, scheduleDigest: null, scheduled: 200 },
];
const plan = () => smallPlan([smallCell({ trials }), smallCell({ id: 'nothing/other' })]);

const first = { cell: 0, trial: 1, attempt: 1 };
const abort: CalledStop = { ref: first, cause: 'abort', why: 'response.p95 < 100ms over 10s: nothing was answered' };
const broke: CalledStop = { ref: first, cause: 'broke', why: 'level 2 broke' };

const stopped = (play: RunPlay) => play.commands.filter(({ kind }) => kind === 'stop').length;

test('every agent is told at once to stop, and the cause stands in the journal', () => {
  const play = new RunPlay(plan()).until('running');
  play.pass(1);
  play.happen({ kind: 'stop-called', ...abort });
  for (const index of [0, 1]) expect(play.ordered(index, 'stop')).toMatchObject({ atNs: play.atNs, reason: 'abort' });
  expect(play.shown.at(-1)).toMatchObject({ kind: 'ending-early', cause: 'abort', why: abort.why });
  play.closeAll();
  expect(play.journaled('trial-ended')).toMatchObject([{ ...first, stop: { cause: 'abort' } }]);
});

test('a stop of another attempt, or a second one, changes nothing', () => {
  const play = new RunPlay(plan()).until('running');
  play.happen({ kind: 'stop-called', ...abort, ref: { ...first, attempt: 2 } });
  expect(stopped(play)).toBe(0);
  play.happen({ kind: 'stop-called', ...broke });
  play.happen({ kind: 'stop-called', ...abort });
  expect(stopped(play)).toBe(2);
  play.closeAll();
  expect(play.journaled('trial-ended')).toMatchObject([{ stop: { cause: 'broke' } }]);
});

test('a cell of which a trial was aborted runs no further ones, other cells do, and the run is complete', () => {
  const play = new RunPlay(plan()).until('running');
  play.happen({ kind: 'stop-called', ...abort });
  play.closeAll();
  expect(play.stage).toBe('reviewing');
  play.reviewed('valid');
  play.readyAll();
  play.armAll();
  expect(play.run.stage).toMatchObject({ kind: 'running', trial: { cell: 1, trial: 1 } });
  play.closeAll();
  play.byeAll();
  expect(play.journaled('not-run')).toMatchObject([{ cell: 0, trial: 2, cause: 'aborted' }]);
  expect(play.journaled('run-ended')).toEqual([{ kind: 'run-ended', state: 'complete' }]);
});

test('an abort that turns out invalid says nothing of the target: its cell goes on', () => {
  const play = new RunPlay(plan()).until('running');
  play.happen({ kind: 'stop-called', ...abort });
  play.closeAll();
  play.reviewed('invalid');
  play.readyAll();
  play.armAll();
  expect(play.run.stage).toMatchObject({ kind: 'running', trial: { cell: 1, trial: 1 } });
  play.closeAll();
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...first, trial: 2 });
  expect(play.journaled('not-run')).toEqual([]);
});

test('a breakpoint that has found its level goes on with the next trial, unreviewed', () => {
  const play = new RunPlay(smallPlan([smallCell({ trials })])).until('running');
  play.happen({ kind: 'stop-called', ...broke });
  play.closeAll();
  expect(play.ordered(0, 'prepare')?.trial).toEqual({ ...first, trial: 2 });
});
