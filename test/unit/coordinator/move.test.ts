import { expect, test } from 'vitest';
import { deadlinesFor } from '../../../src/coordinator/fleet-plan.ts';
import { seconds } from '../../../src/time/ns.ts';
import { RunPlay } from '../../support/run-play.ts';
import { smallCell, smallPlan } from '../../support/small-plan.ts';

/** A cell on `a100-40` with two agents, then one on `a100-80` with one. */
const twoTypes = (): RunPlay =>
  new RunPlay(
    smallPlan([
      smallCell({ instance: 'a100-40' }),
      smallCell({ id: 'nothing/load[80]', instance: 'a100-80', agents: 1 }),
    ]),
    deadlinesFor('loopback'),
  );

function afterFirstTrial(): RunPlay {
  const play = twoTypes().until('running');
  play.pass(3.05);
  play.closeAll();
  return play;
}

const submitted = (play: RunPlay) =>
  play.commands.flatMap((command) =>
    command.kind === 'submit'
      ? [{ attempt: command.attempt, indices: command.indices, instance: command.instance }]
      : [],
  );

test('at the start only the places of the first type are asked for, as many as its trials need', () => {
  expect(submitted(twoTypes())).toEqual([{ attempt: 1, indices: [0, 1], instance: 'a100-40' }]);
});

test('before the first trial of another type everybody is fenced and released, and its places are asked for', () => {
  const play = afterFirstTrial();
  expect(submitted(play).at(-1)).toEqual({ attempt: 2, indices: [0], instance: 'a100-80' });
  expect(play.commands.filter(({ kind }) => kind === 'release')).toEqual([{ kind: 'release', attempt: 1 }]);
  expect(play.commands.filter(({ kind }) => kind === 'fence')).toHaveLength(2);
  expect(play.run.places).toEqual([{ kind: 'expected', attempt: 2, standing: { kind: 'asked', why: null } }]);
  expect(play.stage).toBe('refilling');
});

test('the second type serves its trials like the first, and a late agent of the first is refused', () => {
  const play = afterFirstTrial();
  play.happen({ kind: 'exited', index: 0, attempt: 1, message: 'ended with exit code 0' });
  play.happen({ kind: 'placed', attempt: 2 });
  play.register(0, { attempt: 1 });
  expect(play.latest).toMatchObject([{ kind: 'refuse', code: 'fenced' }]);
  play.register(0, { attempt: 2, node: 'another' });
  expect(['calibrating', 'preparing']).toContain(play.stage);
  expect(play.journaled('not-run')).toEqual([]);
});

test('a type for which no place comes in time leaves its trials not run, with the engine’s reason', () => {
  const play = afterFirstTrial();
  play.happen({ kind: 'queued', attempt: 2, why: 'Resources' });
  play.pass(600);
  expect(play.journaled('not-run')).toMatchObject([
    { cell: 1, trial: 1, cause: 'no-place', why: 'agent 0 did not register within 600 s (Resources)' },
  ]);
});

test('what an attempt leaves of which nobody holds a place any more is released', () => {
  const play = new RunPlay(smallPlan(), { ...deadlinesFor('loopback'), leaseNs: seconds(1) }).until('running');
  play.happen({ kind: 'exited', index: 1, attempt: 1, message: 'was ended by SIGKILL' });
  expect(play.commands.some(({ kind }) => kind === 'release')).toBe(false);
  play.happen({ kind: 'exited', index: 0, attempt: 1, message: 'was ended by SIGKILL' });
  expect(play.latest).toContainEqual({ kind: 'release', attempt: 1 });
});
