import { expect, test } from 'vitest';
import { toolsCpuS } from '../../../../src/agent/sampler/tools-cpu.ts';

const stat = (pid: number, name: string, [own, system, ended, endedSystem]: readonly number[]): string =>
  `${pid} (${name}) S 1 2 3 0 -1 4194304 10 0 0 0 ${own} ${system} ${ended} ${endedSystem} 20 0 1 0 9`;

test('tools cost what those that ended took, and those that run so far, theirs included', () => {
  const files: Readonly<Record<string, string>> = {
    '/proc/7/task/7/children': '8 9 ',
    '/proc/7/stat': stat(7, 'a sampler) S (', [1000, 1000, 20, 10]),
    '/proc/8/stat': stat(8, 'nvidia-smi', [5, 4, 3, 2]),
  };
  expect(toolsCpuS((path) => files[path] ?? null, 7)).toBeCloseTo(0.44, 9);
});

test('where nothing is told they cost nothing that is known', () => {
  expect(toolsCpuS(() => null, 7)).toBe(0);
});
