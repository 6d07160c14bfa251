import { expect, test } from 'vitest';
import { courseOf, endText, isUnknownJob, parseJobs } from '../../../../src/engines/slurm/job-state.ts';
import { hasUnusable, parseNodes, partitionLines } from '../../../../src/engines/slurm/node-table.ts';

test('jobs are read from squeue’s lines, whatever stands in a comment', () => {
  const text =
    '7|PENDING|ReqNodeNotAvail, UnavailableNodes:gpu[1-2]|loadcell-r-1|places 0|1\n8|RUNNING|None|x|(null)\n\n';
  expect(parseJobs(text)).toEqual([
    {
      id: '7',
      state: 'PENDING',
      reason: 'ReqNodeNotAvail, UnavailableNodes:gpu[1-2]',
      name: 'loadcell-r-1',
      comment: 'places 0|1',
    },
    { id: '8', state: 'RUNNING', reason: 'None', name: 'x', comment: '(null)' },
  ]);
  expect(parseJobs('slurm_load_jobs error: Invalid job id specified')).toEqual([]);
});

test.each([
  ['PENDING', { kind: 'queued' }],
  ['CONFIGURING', { kind: 'starting' }],
  ['RUNNING', { kind: 'running' }],
  ['COMPLETING', { kind: 'running' }],
  ['SUSPENDED', { kind: 'running' }],
  ['COMPLETED', { kind: 'ended', outcome: 'completed' }],
  ['CANCELLED', { kind: 'ended', outcome: 'cancelled' }],
  ['CANCELLED by 1000', { kind: 'ended', outcome: 'cancelled' }],
  ['NODE_FAIL', { kind: 'ended', outcome: 'failed' }],
  ['TIMEOUT', { kind: 'ended', outcome: 'failed' }],
  ['PREEMPTED', { kind: 'ended', outcome: 'failed' }],
  ['OUT_OF_MEMORY', { kind: 'ended', outcome: 'failed' }],
])('a job that is %s is %j', (state, course) => {
  expect(courseOf(state)).toEqual(course);
});

test('how a job ended is told with its reason where there is one', () => {
  expect(endText({ state: 'FAILED', reason: 'NonZeroExitCode' })).toBe('FAILED (NonZeroExitCode)');
  expect(endText({ state: 'NODE_FAIL', reason: 'None' })).toBe('NODE_FAIL');
});

test('only Slurm’s own word makes a job unknown', () => {
  expect(isUnknownJob('slurm_load_jobs error: Invalid job id specified')).toBe(true);
  expect(isUnknownJob('slurm_load_jobs error: Unable to contact slurm controller (connect failure)')).toBe(false);
});

const NODES = [
  'gpu1|10.0.0.1|gpu1|a100|idle|gpu:a100:2(S:0-1)|64|515000',
  'gpu2|10.0.0.2|gpu2|a100|drained|gpu:a100:2|64|515000',
  'gpu1|10.0.0.1|gpu1|short|idle|gpu:a100:2(S:0-1)|64|515000',
  'cpu1|10.0.0.9|cpu1|cpu|down*|(null)|128|256000',
].join('\n');

test('partitions are told by their nodes, with what one of these has', () => {
  expect(partitionLines(parseNodes(NODES))).toEqual([
    'partition a100: 2 nodes, 1 idle, gpu2 drained; a node has gpu:a100:2, 64 CPUs, 515000 MiB',
    'partition short: 1 node, 1 idle; a node has gpu:a100:2, 64 CPUs, 515000 MiB',
    'partition cpu: 1 node, 0 idle, cpu1 down*; a node has 128 CPUs, 256000 MiB',
  ]);
});

test('whether nodes are missing at present is asked of the partition, or of all', () => {
  const nodes = parseNodes(NODES);
  expect(hasUnusable(nodes, 'a100')).toBe(true);
  expect(hasUnusable(nodes, 'short')).toBe(false);
  expect(hasUnusable(nodes, null)).toBe(true);
});
