import { expect, test } from 'vitest';
import { ANY_INSTANCE, type Instance } from '../../../../src/campaign/instance.ts';
import { gpuDemand, modelOf, satisfies } from '../../../../src/engines/kubernetes/gpu-nodes.ts';
import { isOfModel } from '../../../../src/gpu/arrival.ts';

const demand = (change: Partial<Instance>) => gpuDemand({ ...ANY_INSTANCE, ...change });
const whole = (gpu: string | null) => demand({ gpu, gpusPerAgent: 1 });
const product = (name: string): Record<string, string> => ({ 'nvidia.com/gpu.product': name });

test('an instance without GPUs asks nothing of its node', () => {
  expect(demand({})).toEqual({ limit: null, requirements: [] });
});

test.each([
  ['A100-SXM4-40GB', ['NVIDIA-A100-SXM4-40GB', 'A100-SXM4-40GB']],
  ['NVIDIA A100-SXM4-80GB', ['NVIDIA-A100-SXM4-80GB', 'A100-SXM4-80GB']],
  ['A100 80GB PCIe', ['NVIDIA-A100-80GB-PCIe', 'A100-80GB-PCIe']],
  ['H100 80GB HBM3', ['NVIDIA-H100-80GB-HBM3', 'H100-80GB-HBM3']],
])('%s is looked for by its product’s names', (gpu, values) => {
  const { limit, requirements } = whole(gpu);
  expect(limit).toEqual({ resource: 'nvidia.com/gpu', count: 1 });
  expect(requirements[0]).toEqual({ key: 'nvidia.com/gpu.product', operator: 'In', values });
});

test('a shorter name stands for every model that has it', () => {
  const { requirements } = whole('A100');
  for (const name of ['NVIDIA-A100-SXM4-40GB', 'NVIDIA-A100-80GB-PCIe', 'A100-PCIE-40GB', 'NVIDIA-A100-SXM4-80GB']) {
    expect(satisfies(product(name), requirements), name).toBe(true);
  }
  expect(satisfies(product('NVIDIA-H100-PCIe'), requirements)).toBe(false);
});

test.each(['A100', 'A100-SXM4-40GB', null])('%s takes no GPU that is shared or cut', (gpu) => {
  const { requirements } = whole(gpu);
  const a100 = product('NVIDIA-A100-SXM4-40GB');
  expect(satisfies(a100, requirements)).toBe(true);
  expect(satisfies({ ...a100, 'nvidia.com/gpu.sharing-strategy': 'none' }, requirements)).toBe(true);
  expect(satisfies({ ...a100, 'nvidia.com/gpu.sharing-strategy': 'time-slicing' }, requirements)).toBe(false);
  expect(satisfies({ ...a100, 'cloud.google.com/gke-gpu-sharing-strategy': 'time-sharing' }, requirements)).toBe(false);
  const slices = { ...product('NVIDIA-A100-SXM4-40GB-MIG-3g.20gb'), 'nvidia.com/gpu.slices.gi': '3' };
  expect(satisfies(slices, requirements)).toBe(false);
});

test('shared GPUs and MIG instances are taken where their name is asked for', () => {
  const shared = { ...product('NVIDIA-A100-SXM4-40GB-SHARED'), 'nvidia.com/gpu.sharing-strategy': 'time-slicing' };
  expect(satisfies(shared, whole('A100-SXM4-40GB-SHARED').requirements)).toBe(true);
  const slices = { ...product('NVIDIA-A100-SXM4-40GB-MIG-3g.20gb'), 'nvidia.com/gpu.slices.gi': '3' };
  expect(satisfies(slices, whole('A100-SXM4-40GB-MIG-3g.20gb').requirements)).toBe(true);
});

test('a MIG instance that is a resource of its own is asked for by the name that nvidia-smi has for it', () => {
  expect(demand({ gpu: 'MIG 3g.20gb', gpusPerAgent: 2 })).toMatchObject({
    limit: { resource: 'nvidia.com/mig-3g.20gb', count: 2 },
  });
  const { limit, requirements } = demand({ gpu: 'A100-SXM4-80GB MIG 1g.10gb+me', gpusPerAgent: 1 });
  expect(limit?.resource).toBe('nvidia.com/mig-1g.10gb.me');
  expect(satisfies(product('NVIDIA-A100-SXM4-80GB'), requirements)).toBe(true);
  expect(satisfies(product('NVIDIA-A100-SXM4-40GB'), requirements)).toBe(false);
});

test('a cloud has labels and resources of its own', () => {
  const { limit, requirements } = demand({
    gpu: 'A100-SXM4-40GB',
    gpusPerAgent: 1,
    nodeLabels: { 'cloud.google.com/gke-accelerator': ['nvidia-tesla-a100'] },
    gpuResource: 'example.com/gpu',
  });
  expect(limit).toEqual({ resource: 'example.com/gpu', count: 1 });
  expect(satisfies({ 'cloud.google.com/gke-accelerator': 'nvidia-tesla-a100' }, requirements)).toBe(true);
  expect(satisfies(product('NVIDIA-A100-SXM4-40GB'), requirements)).toBe(false);
});

test('a cloud’s shared GPUs are taken where its label is asked for', () => {
  const strategy = 'cloud.google.com/gke-gpu-sharing-strategy';
  const { requirements } = demand({ gpusPerAgent: 1, nodeLabels: { [strategy]: ['time-sharing'] } });
  expect(satisfies({ [strategy]: 'time-sharing' }, requirements)).toBe(true);
  expect(satisfies({}, requirements)).toBe(false);
});

test('labels of nodes are asked for without GPUs too', () => {
  expect(demand({ nodeLabels: { pool: ['load', 'bench'] } }).requirements).toEqual([
    { key: 'pool', operator: 'In', values: ['load', 'bench'] },
  ]);
});

const labelled = (...products: string[]): Partial<Instance> => ({ nodeLabels: { 'nvidia.com/gpu.product': products } });

test.each([
  ['the model that is named', { gpu: 'A100-SXM4-40GB' }, 'A100-SXM4-40GB'],
  ['any GPU where none is named', {}, null],
  ['any whole GPU of labelled nodes', labelled('NVIDIA-L4'), null],
  ['a slice that its resource names', { gpuResource: 'nvidia.com/mig-3g.20gb' }, 'MIG 3g.20gb'],
  ['a slice with an attribute', { gpuResource: 'nvidia.com/mig-1g.5gb.me' }, 'MIG 1g.5gb+me'],
  ['a slice that a label names', labelled('A100-SXM4-40GB-MIG-3g.20gb', 'NVIDIA-A30-MIG-3g.20gb'), 'MIG 3g.20gb'],
])('an agent is to find %s', (_, change, model) => {
  expect(modelOf({ ...ANY_INSTANCE, gpusPerAgent: 1, ...change })).toBe(model);
});

test('where labels name several kinds of slices, an agent is to find one of any kind', () => {
  const model = modelOf({ ...ANY_INSTANCE, ...labelled('A100-SXM4-40GB-MIG-3g.20gb', 'A100-SXM4-40GB-MIG-2g.10gb') });
  expect(isOfModel('NVIDIA A100-SXM4-40GB MIG 2g.10gb', model ?? '')).toBe(true);
  expect(isOfModel('NVIDIA A100-SXM4-40GB', model ?? '')).toBe(false);
});
