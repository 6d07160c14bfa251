import type { V1Node, V1Taint } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { nodeLines, type PlaceDemand, roomOn } from '../../../../src/engines/kubernetes/node-room.ts';

interface NodeFacts {
  readonly labels?: Record<string, string>;
  readonly gpus?: string;
  readonly taints?: V1Taint[];
  readonly ready?: 'True' | 'Unknown';
  readonly cordoned?: 'cordoned';
}

const node = ({ labels = {}, gpus = '2', taints = [], ready = 'True', cordoned }: NodeFacts = {}): V1Node => ({
  metadata: { labels },
  spec: { taints, ...(cordoned === undefined ? {} : { unschedulable: true }) },
  status: {
    allocatable: { cpu: '7900m', memory: '32Gi', pods: '110', 'nvidia.com/gpu': gpus },
    conditions: [{ type: 'Ready', status: ready }],
  },
});

const DEMAND: PlaceDemand = {
  limit: null,
  requirements: [],
  nodeSelector: {},
  tolerations: [],
  requests: {},
  spread: 'nodes',
};
const room = (nodes: readonly V1Node[], change: Partial<PlaceDemand> = {}) => roomOn(nodes, { ...DEMAND, ...change });

test('a node is a place, or as many as it has room for', () => {
  expect(room([node(), node()])).toEqual({ ever: 2, now: 2 });
  const requests = { 'nvidia.com/gpu': '1', cpu: '2' };
  expect(room([node(), node({ gpus: '8' })], { requests, spread: 'none' }).ever).toBe(2 + 3);
  expect(room([node()], { requests: { cpu: '8' } }).ever).toBe(0);
  expect(room([node()], { requests: { memory: `${32 * 2 ** 30}` } }).ever).toBe(1);
  expect(room([node()], { requests: { memory: `${32 * 2 ** 30 + 1}` } }).ever).toBe(0);
  expect(room([node()], { requests: { 'example.com/gpu': '1' } }).ever).toBe(0);
});

test('a node without the labels is none', () => {
  const nodes = [node({ labels: { pool: 'a' } }), node()];
  expect(room(nodes, { nodeSelector: { pool: 'a' } }).ever).toBe(1);
  expect(room(nodes, { requirements: [{ key: 'pool', operator: 'In', values: ['a'] }] }).ever).toBe(1);
  expect(room(nodes, { requirements: [{ key: 'pool', operator: 'Exists' }] }).ever).toBe(1);
  expect(room(nodes, { requirements: [{ key: 'pool', operator: 'DoesNotExist' }] }).ever).toBe(1);
});

test.each([
  [[], 0],
  [[{ key: 'dedicated', operator: 'Exists' }], 1],
  [[{ operator: 'Exists' }], 1],
  [[{ key: 'dedicated', value: 'bench' }], 1],
  [[{ key: 'dedicated', value: 'other' }], 0],
  [[{ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }], 0],
])('of taints %j bear a dedicated node %i times', (tolerations, ever) => {
  const nodes = [node({ taints: [{ key: 'dedicated', value: 'bench', effect: 'NoSchedule' }] })];
  expect(room(nodes, { tolerations }).ever).toBe(ever);
});

test('a node that is away now may come back', () => {
  const away: V1Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
  expect(room([node({ ready: 'Unknown', taints: [away] }), node({ cordoned: 'cordoned' }), node()])).toEqual({
    ever: 3,
    now: 1,
  });
  expect(room([node({ taints: [{ key: 'shared', effect: 'PreferNoSchedule' }] })]).now).toBe(1);
});

test('nodes are told by the product of their GPUs', () => {
  const a100 = node({ labels: { 'nvidia.com/gpu.product': 'NVIDIA-A100-SXM4-40GB' } });
  expect(nodeLines([a100, node({ gpus: '0' }), a100], 'nvidia.com/gpu')).toEqual([
    '2 nodes: NVIDIA-A100-SXM4-40GB, 2 nvidia.com/gpu each',
    '1 node: no GPU product, 0 nvidia.com/gpu each',
  ]);
});
