import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import type { GroupStatus } from '../../../../src/engines/engine.ts';
import { handleOf } from '../../../../src/engines/kubernetes/attempt-name.ts';
import { attemptStatus } from '../../../../src/engines/kubernetes/attempt-status.ts';
import { JOB, KEY } from '../../../support/kubernetes-order.ts';
import {
  condition,
  job,
  type PodFacts,
  pod,
  running,
  terminated,
  unschedulable,
} from '../../../support/kubernetes-pods.ts';

const handle = handleOf(KEY, [0, 3]);

interface Seen {
  readonly job?: V1Job | null;
  readonly whyNoPods?: string;
  readonly isOverdue?: (pod: V1Pod) => boolean;
}

const pods = (...facts: readonly PodFacts[]): V1Pod[] => facts.map((each, nth) => pod(JOB, nth, each));

const statusOf = (seen: readonly V1Pod[], { job: own = job(), whyNoPods, isOverdue }: Seen = {}): GroupStatus =>
  attemptStatus(handle.members, {
    name: JOB,
    container: 'agent',
    job: own,
    pods: seen,
    isOverdue: isOverdue ?? (() => false),
    whyNoPods: whyNoPods ?? null,
  });

const reasonOf = (...of: Parameters<typeof statusOf>): string => {
  const status = statusOf(...of);
  if (!('reason' in status)) throw new Error(`found ${status.kind}`);
  return `${status.kind}: ${status.reason}`;
};

const exitsOf = (...of: Parameters<typeof statusOf>) => {
  const status = statusOf(...of);
  const members = 'members' in status ? status.members : [];
  return members.flatMap(({ state }) => (state.kind === 'ended' ? [state.exit] : []));
};

const up: PodFacts = { node: 'n1', container: running };

test('an attempt whose pods have no node waits, and says why in the scheduler’s words', () => {
  const without: PodFacts = { conditions: [unschedulable('0/2 nodes are available: 2 Insufficient nvidia.com/gpu.')] };
  expect(reasonOf(pods(up, without))).toBe(
    `queued: Job ${JOB} waits: 1 of 2 pods: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu`,
  );
  expect(reasonOf(pods({}, {}))).toBe(`queued: Job ${JOB} waits: 2 of 2 pods: the scheduler has not looked at it yet`);
});

test('an attempt whose pods are not made waits, and says why where that is known', () => {
  expect(reasonOf([])).toBe(`queued: Job ${JOB} waits: no pods yet: they are being made`);
  const quota = 'Error creating: pods "x" is forbidden: exceeded quota: gpus';
  expect(reasonOf(pods(up), { whyNoPods: quota })).toBe(`queued: Job ${JOB} waits: 1 pods are not there yet: ${quota}`);
});

test('a Job that Kueue holds back waits', () => {
  const held = job({ conditions: [condition('Suspended', 'JobSuspended', 'Job suspended')] });
  expect(reasonOf([], { job: held })).toBe(`queued: Job ${JOB} waits: the Job is suspended: Job suspended`);
});

test('an image that is not there is why it waits', () => {
  const pulling: PodFacts = {
    node: 'n2',
    container: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x"' } },
  };
  expect(reasonOf(pods(up, pulling))).toContain(
    '1 of 2 pods: on node n2: ImagePullBackOff: Back-off pulling image "x"',
  );
});

test('it starts as long as a container is being made, and runs when all do', () => {
  const creating: PodFacts = { node: 'n2', container: { waiting: { reason: 'ContainerCreating' } } };
  expect(statusOf(pods(up, creating)).kind).toBe('starting');
  expect(statusOf(pods(up, { node: 'n2' })).kind).toBe('starting');
  expect(statusOf(pods(up, { ...up, node: 'n2' }))).toEqual({
    kind: 'running',
    members: [
      { index: 0, node: 'n1', gpus: [], state: { kind: 'running' } },
      { index: 3, node: 'n2', gpus: [], state: { kind: 'running' } },
    ],
  });
});

test('a member that has ended is told while the others go on', () => {
  const killed: PodFacts = { node: 'n2', phase: 'Failed', container: terminated(137) };
  expect(statusOf(pods(up, killed)).kind).toBe('running');
  expect(exitsOf(pods(up, killed))).toEqual([{ index: 3, exitCode: null, signal: 'SIGKILL', lastLine: '' }]);
});

test('a member that has ended is told while another one still waits', () => {
  const status = statusOf(pods({ node: 'n1', phase: 'Failed', container: terminated(70) }, {}));
  expect(status).toMatchObject({
    kind: 'starting',
    members: [{ state: { kind: 'ended' } }, { state: { kind: 'queued' } }],
  });
});

test.each<[string, PodFacts, object]>([
  [
    'ended well',
    { node: 'n', phase: 'Succeeded', container: terminated(0, 'a farewell') },
    { exitCode: 0, lastLine: '' },
  ],
  [
    'was refused',
    { node: 'n', phase: 'Failed', container: terminated(64, 'one\nloadcell agent: refused\n') },
    { exitCode: 64, lastLine: 'loadcell agent: refused' },
  ],
  [
    'took too much memory',
    { node: 'n', phase: 'Failed', container: terminated(137, '', 'OOMKilled') },
    { signal: 'SIGKILL', lastLine: 'OOMKilled' },
  ],
  [
    'was evicted',
    { node: 'n', phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory. ' },
    { exitCode: null, signal: null, lastLine: 'Evicted: The node was low on resource: memory' },
  ],
  [
    'was preempted',
    {
      node: 'n',
      phase: 'Failed',
      container: terminated(143),
      conditions: [
        { ...condition('DisruptionTarget', 'PreemptionByScheduler', 'preempting to accommodate'), status: 'True' },
      ],
    },
    { signal: 'SIGTERM', lastLine: 'PreemptionByScheduler: preempting to accommodate' },
  ],
])('an agent that %s says so', (_, facts, exit) => {
  expect(exitsOf(pods(up, facts))).toMatchObject([{ index: 3, ...exit }]);
});

test('a pod that was deleted is an end, where its Job has counted it', () => {
  expect(exitsOf(pods(up))).toEqual([]);
  expect(exitsOf(pods(up), { job: job({ failedIndexes: '1' }) })).toMatchObject([
    { index: 3, lastLine: 'its pod is gone' },
  ]);
  expect(exitsOf(pods(up), { job: job({ completedIndexes: '1' }) })).toMatchObject([{ index: 3, exitCode: 0 }]);
});

test('a pod that should have ended long since is an end: its node does not answer', () => {
  const lost: PodFacts = {
    ...up,
    node: 'n2',
    ending: 5,
    conditions: [
      condition('DisruptionTarget', 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'),
    ],
  };
  expect(exitsOf(pods(up, lost))).toEqual([]);
  expect(exitsOf(pods(up, lost), { isOverdue: ({ metadata }) => metadata?.uid === 'uid-1' })).toMatchObject([
    {
      index: 3,
      lastLine: 'its node n2 does not answer: DeletionByTaintManager: Taint manager: deleting due to NoExecute taint',
    },
  ]);
});

const over = (exitCode: number): PodFacts => ({ node: 'n', phase: 'x', container: terminated(exitCode) });

test('an attempt is over with its last member, whatever its controller has seen', () => {
  expect(statusOf(pods(over(0), over(0)))).toMatchObject({ kind: 'ended', outcome: 'completed', reason: '' });
  expect(statusOf(pods(over(0), over(70)))).toMatchObject({ kind: 'ended', outcome: 'failed' });
  const failed = job({ conditions: [condition('Failed', 'DeadlineExceeded')] });
  expect(statusOf(pods(over(0), over(0)), { job: failed })).toMatchObject({ outcome: 'failed' });
});

test('a Job that failed says why, for members that could not', () => {
  const failed = job({
    conditions: [condition('Failed', 'DeadlineExceeded', 'Job was active longer than specified deadline')],
  });
  const status = statusOf(pods(over(0)), { job: failed });
  const words = 'DeadlineExceeded: Job was active longer than specified deadline';
  expect(status).toMatchObject({ kind: 'ended', outcome: 'failed', reason: words });
  expect(exitsOf(pods(over(0)), { job: failed })).toMatchObject([{ exitCode: 0 }, { exitCode: null, lastLine: words }]);
});

test('an attempt whose Job is gone is over once its pods are', () => {
  expect(statusOf(pods(up, up), { job: null }).kind).toBe('running');
  expect(statusOf(pods(up), { job: null }).kind).toBe('running');
  expect(exitsOf([], { job: null })).toMatchObject([{ lastLine: 'its Job is gone' }, { lastLine: 'its Job is gone' }]);
  expect(statusOf([], { job: null }).kind).toBe('ended');
});

test('of two pods of one number the later one counts', () => {
  const later = { ...pod(JOB, 1, up), metadata: { ...pod(JOB, 1).metadata, creationTimestamp: new Date(9000) } };
  expect(exitsOf([...pods(up, over(1)), later])).toEqual([]);
  expect(exitsOf([later, ...pods(up, over(1))])).toEqual([]);
});

test('what the cluster says of a pod that it ended goes before the last words of its container', () => {
  const message = 'The node was low on resource: memory.';
  const evicted = { node: 'n1', container: terminated(137, 'Killed'), phase: 'Failed', reason: 'Evicted', message };
  const [exit] = exitsOf(pods(evicted, up));
  expect(exit).toMatchObject({ signal: 'SIGKILL', lastLine: 'Evicted: The node was low on resource: memory' });
});
