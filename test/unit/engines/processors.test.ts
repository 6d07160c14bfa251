import { expect, test } from 'vitest';
import {
  chosenProcessors,
  listedCpus,
  numaNodeOf,
  type Processor,
  processorsOf,
} from '../../../src/engines/processors.ts';

/** Two NUMA nodes of two cores with two threads each, numbered as Linux does: 0-3 first threads, 4-7 second ones. */
const MACHINE: readonly Processor[] = Array.from({ length: 8 }, (_, cpu) => ({
  cpu,
  core: `${cpu % 4},${(cpu % 4) + 4}`,
  node: cpu % 4 < 2 ? 0 : 1,
}));

const free =
  (...cpus: readonly number[]) =>
  (cpu: number): boolean =>
    cpus.includes(cpu);
const all = () => true;

test('an agent is given whole cores of one NUMA node', () => {
  expect(chosenProcessors(MACHINE, all, 2)).toEqual([0, 4]);
  expect(chosenProcessors(MACHINE, all, 4)).toEqual([0, 1, 4, 5]);
  expect(chosenProcessors(MACHINE, free(1, 5, 2, 3, 6, 7), 2)).toEqual([1, 5]);
});

test('the fullest node that has room goes first, and several only where none has', () => {
  expect(chosenProcessors(MACHINE, free(5, 2, 3, 6, 7), 1)).toEqual([5]);
  expect(chosenProcessors(MACHINE, free(1, 5, 2, 3, 6, 7), 6)).toEqual([1, 2, 3, 5, 6, 7]);
  expect(chosenProcessors(MACHINE, free(1, 2), 3)).toBeNull();
});

test('a core that another agent uses a thread of comes last', () => {
  expect(chosenProcessors(MACHINE, free(0, 1, 5), 2)).toEqual([1, 5]);
  expect(chosenProcessors(MACHINE, free(0, 1, 5), 3)).toEqual([0, 1, 5]);
});

test('the node of an agent’s GPUs goes before others, and what it lacks comes from those', () => {
  expect(chosenProcessors(MACHINE, all, 2, new Set([1]))).toEqual([2, 6]);
  expect(chosenProcessors(MACHINE, free(5, 2, 3, 6, 7), 1, new Set([1]))).toEqual([2]);
  expect(chosenProcessors(MACHINE, free(0, 1, 4, 5, 7), 2, new Set([1]))).toEqual([0, 4]);
  expect(chosenProcessors(MACHINE, free(0, 1, 2, 7), 3, new Set([1]))).toEqual([0, 2, 7]);
  expect(chosenProcessors(MACHINE, all, 6, new Set([1]))).toEqual([0, 2, 3, 4, 6, 7]);
});

test.each([
  ['00000000:07:00.0', '0000:07:00.0', '1\n', 1],
  ['00000000:CA:00.0', '0000:ca:00.0', '0\n', 0],
  ['00010000:E1:00.0', '10000:e1:00.0', '3\n', 3],
  ['00000000:07:00.0', '0000:07:00.0', '-1\n', null],
  ['00000000:07:00.0', '0000:08:00.0', '1\n', null],
  ['[N/A]', '0000:07:00.0', '1\n', null],
])('a GPU at %s, where Linux says of %s that its node is %j, is at node %s', (busId, device, text, node) => {
  const path = `/sys/bus/pci/devices/${device}/numa_node`;
  expect(numaNodeOf(busId, (asked) => (asked === path ? text : null))).toBe(node);
});

test('what this process may use is read from the kernel, with cores and nodes where it tells them', () => {
  const files: Readonly<Record<string, string>> = {
    '/proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t1-2,5\n',
    '/sys/devices/system/node/online': '0-1\n',
    '/sys/devices/system/node/node0/cpulist': '0-1,4-5\n',
    '/sys/devices/system/node/node1/cpulist': '2-3\n',
    '/sys/devices/system/cpu/cpu1/topology/thread_siblings_list': '1,5\n',
    '/sys/devices/system/cpu/cpu5/topology/thread_siblings_list': '1,5\n',
  };
  expect(processorsOf((path) => files[path] ?? null)).toEqual([
    { cpu: 1, core: '1,5', node: 0 },
    { cpu: 2, core: '2', node: 1 },
    { cpu: 5, core: '1,5', node: 0 },
  ]);
  expect(processorsOf(() => null)).toEqual([]);
  expect(listedCpus('0-2,7')).toEqual([0, 1, 2, 7]);
  expect(listedCpus('none')).toEqual([]);
});
