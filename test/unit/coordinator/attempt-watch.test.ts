import { expect, test } from 'vitest';
import { AttemptWatch } from '../../../src/coordinator/attempt-watch.ts';
import type { Happening } from '../../../src/coordinator/run-state.ts';
import type { GroupStatus, Handle, Member } from '../../../src/engines/engine.ts';

const handle: Handle = {
  engine: 'slurm',
  key: { runId: 'a-run', attempt: 3 },
  members: [
    { index: 0, id: '17.0' },
    { index: 2, id: '17.1' },
  ],
};

const running = (index: number): Member => ({ index, node: 'n1', gpus: [], state: { kind: 'running' } });
const dead = (index: number): Member => ({
  index,
  node: 'n1',
  gpus: [],
  state: { kind: 'ended', exit: { index, exitCode: null, signal: 'SIGKILL', lastLine: '' } },
});

function told(...statuses: readonly GroupStatus[]): Happening[] {
  const happenings: Happening[] = [];
  const watch = new AttemptWatch(handle, (happening) => happenings.push(happening));
  for (const status of statuses) watch.onStatus(status);
  return happenings;
}

test('why a group waits is told when it changes, and that it was given its places once', () => {
  const queued = (reason: string): GroupStatus => ({ kind: 'queued', reason });
  const up: GroupStatus = { kind: 'running', members: [running(0), running(2)] };
  expect(told(queued('Priority'), queued('Priority'), queued('Resources'), up, up)).toEqual([
    { kind: 'queued', attempt: 3, why: 'Priority' },
    { kind: 'queued', attempt: 3, why: 'Resources' },
    { kind: 'placed', attempt: 3 },
  ]);
});

test('an engine that does not answer is quoted while places are awaited, and means nothing for agents that run', () => {
  const unknown: GroupStatus = { kind: 'unknown', reason: 'squeue did not answer within 10 s' };
  const up: GroupStatus = { kind: 'starting', members: [running(0), running(2)] };
  expect(told(unknown, up, unknown)).toEqual([
    { kind: 'queued', attempt: 3, why: 'squeue did not answer within 10 s' },
    { kind: 'placed', attempt: 3 },
  ]);
});

test('every member’s end is told once, by what is known of it', () => {
  const one: GroupStatus = { kind: 'running', members: [running(0), dead(2)] };
  const all: GroupStatus = { kind: 'ended', outcome: 'failed', reason: 'NODE_FAIL', members: [dead(2)] };
  expect(told(one, one, all, all).filter(({ kind }) => kind === 'exited')).toEqual([
    { kind: 'exited', index: 2, attempt: 3, message: 'was ended by SIGKILL' },
    { kind: 'exited', index: 0, attempt: 3, message: 'ended, how is not known: NODE_FAIL' },
  ]);
});

test('a group that ends without having run leaves nobody expected', () => {
  const ends = told({ kind: 'ended', outcome: 'cancelled', reason: '', members: [] });
  expect(ends).toEqual([
    { kind: 'exited', index: 0, attempt: 3, message: 'ended, how is not known: its group: cancelled' },
    { kind: 'exited', index: 2, attempt: 3, message: 'ended, how is not known: its group: cancelled' },
  ]);
});
