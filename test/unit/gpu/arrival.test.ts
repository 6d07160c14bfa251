import { expect, test } from 'vitest';
import { arrivalProblem, type FoundGpu, type WantedGpus } from '../../../src/gpu/arrival.ts';
import { assignedDevices } from '../../../src/gpu/assigned.ts';
import { numberReading } from '../../../src/gpu/reading.ts';
import { migInstance, wholeGpu } from '../../../src/gpu/recorded/device.ts';
import { bareFacts, type DeviceFacts } from '../../../src/gpu/recorded/recording.ts';

const gpu = (index: number, migMode = 'Disabled'): DeviceFacts => ({
  ...bareFacts(wholeGpu({ uuid: `GPU-${index}aaa-bbbb`, index, name: 'NVIDIA A100-SXM4-40GB' })),
  migMode,
  clockLimits: { highest: numberReading(1410), application: numberReading(1095) },
});
const slice = (parent: string, index: number): DeviceFacts =>
  bareFacts(migInstance(parent, { uuid: `MIG-${index}ccc-dddd`, index, profile: '3g.20gb' }));

const WHOLE = [gpu(0), gpu(1), gpu(2)];
const CUT = [gpu(0, 'Enabled'), slice('GPU-0aaa-bbbb', 0), slice('GPU-0aaa-bbbb', 1), gpu(1)];

const uuids = (devices: readonly DeviceFacts[], visible?: string): string[] =>
  assignedDevices(devices, visible).map(({ uuid }) => uuid);

test('a process is given what CUDA_VISIBLE_DEVICES names, by number, by UUID or by the beginning of one, in its order', () => {
  expect(uuids(WHOLE)).toEqual(['GPU-0aaa-bbbb', 'GPU-1aaa-bbbb', 'GPU-2aaa-bbbb']);
  expect(uuids(WHOLE, '2,0')).toEqual(['GPU-2aaa-bbbb', 'GPU-0aaa-bbbb']);
  expect(uuids(WHOLE, 'GPU-1aaa-bbbb, GPU-0')).toEqual(['GPU-1aaa-bbbb', 'GPU-0aaa-bbbb']);
});

test('what comes after a word that names nothing, or one again, is not given; an empty text gives nothing', () => {
  expect(uuids(WHOLE, '1,7,0')).toEqual(['GPU-1aaa-bbbb']);
  expect(uuids(WHOLE, '1,1,0')).toEqual(['GPU-1aaa-bbbb']);
  expect(uuids(WHOLE, 'GPU-')).toEqual([]);
  for (const nothing of ['', 'NoDevFiles', '-1']) expect(uuids(WHOLE, nothing)).toEqual([]);
});

test('of a GPU that is cut its instances are given, and by its number the first of them', () => {
  expect(uuids(CUT)).toEqual(['MIG-0ccc-dddd', 'MIG-1ccc-dddd', 'GPU-1aaa-bbbb']);
  expect(uuids(CUT, '0,1')).toEqual(['MIG-0ccc-dddd', 'GPU-1aaa-bbbb']);
  expect(uuids(CUT, 'MIG-1ccc-dddd')).toEqual(['MIG-1ccc-dddd']);
  expect(assignedDevices(CUT, '0')[0]?.name).toBe('NVIDIA A100-SXM4-40GB MIG 3g.20gb');
  expect(uuids([gpu(0, 'Enabled')])).toEqual([]);
});

const found = (devices: readonly DeviceFacts[], freeBytes: number | null = 38 * 2 ** 30): readonly FoundGpu[] =>
  assignedDevices(devices, undefined).map((device) => ({ ...device, freeBytes }));
const wanted = (change: Partial<WantedGpus>): WantedGpus => ({
  gpu: null,
  count: 1,
  freeBytes: null,
  clockMHz: null,
  ...change,
});
const INSTANCES = CUT.slice(0, 2);

test.for<[string, Partial<WantedGpus>, readonly FoundGpu[], string | null]>([
  ['the model that is asked for', { gpu: 'A100-SXM4-40GB' }, found(WHOLE), null],
  ['a model as labels write it', { gpu: 'NVIDIA-A100-SXM4-40GB' }, found(WHOLE), null],
  ['a model that is shared', { gpu: 'A100-SXM4-40GB-SHARED' }, found(WHOLE), null],
  ['another model', { gpu: 'H100' }, found([gpu(0)]), 'found NVIDIA A100-SXM4-40GB (GPU-0aaa-bbbb), expected H100'],
  [
    'too few',
    { count: 2, gpu: 'A100' },
    found([gpu(0)]),
    'found NVIDIA A100-SXM4-40GB (GPU-0aaa-bbbb), expected 2 of A100',
  ],
  ['none', {}, [], 'found no GPU, expected 1'],
  ['an instance that is asked for', { gpu: 'MIG 3g.20gb' }, found(INSTANCES), null],
  [
    'an instance in place of a GPU',
    { gpu: 'A100-SXM4-40GB' },
    found(INSTANCES),
    'found NVIDIA A100-SXM4-40GB MIG 3g.20gb (MIG-0ccc-dddd), expected a whole GPU',
  ],
  [
    'a GPU in place of an instance',
    { gpu: 'A100 MIG 3g.20gb' },
    found([gpu(0)]),
    'found NVIDIA A100-SXM4-40GB (GPU-0aaa-bbbb), expected A100 MIG 3g.20gb',
  ],
  [
    'two instances',
    { gpu: 'MIG 3g.20gb', count: 2 },
    found(CUT.slice(0, 3)),
    'found NVIDIA A100-SXM4-40GB MIG 3g.20gb (MIG-0ccc-dddd), NVIDIA A100-SXM4-40GB MIG 3g.20gb (MIG-1ccc-dddd), expected one: a process can use one MIG instance and no more',
  ],
  ['enough memory', { freeBytes: 38 * 2 ** 30 }, found([gpu(0)]), null],
  [
    'too little memory',
    { freeBytes: 39 * 2 ** 30 },
    found([gpu(0)]),
    'NVIDIA A100-SXM4-40GB (GPU-0aaa-bbbb) has 38 GiB free, expected 39 GiB',
  ],
  [
    'memory that is not told',
    { freeBytes: 1 },
    found([gpu(0)], null),
    'NVIDIA A100-SXM4-40GB (GPU-0aaa-bbbb) does not tell its free memory, expected 0 GiB',
  ],
  ['the clock that is set', { clockMHz: 1095 }, found([gpu(0)]), null],
  [
    'another clock',
    { clockMHz: 1410 },
    found([gpu(0)]),
    'NVIDIA A100-SXM4-40GB (GPU-0aaa-bbbb) runs applications at 1095 MHz, expected 1410 MHz',
  ],
])('a place with %s is taken for what it is', ([, change, devices, problem]) => {
  expect(arrivalProblem(wanted(change), devices)).toBe(problem);
});
