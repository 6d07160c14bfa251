import type { V1ResourceQuota } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { quotaRoom } from '../../../../src/engines/kubernetes/quota-room.ts';

const quota = (hard: Record<string, string>, used: Record<string, string> = {}): V1ResourceQuota => ({
  metadata: { name: 'gpus' },
  spec: { hard },
  status: { hard, used },
});
const each = { requests: { cpu: '2', memory: '1024', 'nvidia.com/gpu': '1' }, limits: { memory: '1024' } };
const roomFor = (...quotas: V1ResourceQuota[]) => quotaRoom(quotas, 4, each);

test('what a quota will never give is told', () => {
  expect(roomFor(quota({ 'requests.nvidia.com/gpu': '3', pods: '4', cpu: '8', 'limits.memory': '4Ki' }))).toEqual({
    never: ['quota gpus allows 3 requests.nvidia.com/gpu, 4 are asked for'],
    notNow: [],
  });
  expect(roomFor(quota({ 'requests.cpu': '7900m' })).never).toEqual([
    'quota gpus allows 7900m requests.cpu, 8 are asked for',
  ]);
  expect(roomFor(quota({ 'limits.memory': '4095' })).never).toHaveLength(1);
  expect(roomFor(quota({ 'count/jobs.batch': '0' })).never).toHaveLength(1);
});

test('what others hold now may be free when it is its turn', () => {
  expect(roomFor(quota({ pods: '5' }, { pods: '1' }))).toEqual({ never: [], notNow: [] });
  expect(roomFor(quota({ pods: '5' }, { pods: '2' }))).toEqual({
    never: [],
    notNow: ['quota gpus allows 5 pods, 2 are used and 4 are asked for'],
  });
});

test('what is not asked for is not counted, and a quota of some pods is left to the server', () => {
  expect(roomFor(quota({ services: '0', 'requests.storage': '0' }))).toEqual({ never: [], notNow: [] });
  const some = quota({ pods: '0' });
  expect(roomFor({ ...some, spec: { ...some.spec, scopes: ['BestEffort'] } })).toEqual({ never: [], notNow: [] });
});
