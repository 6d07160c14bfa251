import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ANY_INSTANCE } from '../../../src/campaign/instance.ts';
import { LocalDevices } from '../../../src/engines/local-devices.ts';
import type { CallTool } from '../../../src/engines/tool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loadcell-devices-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Two NUMA nodes of four processors; GPU 0 is at the second one, and so is GPU 1, which is cut. */
const KERNEL: Readonly<Record<string, string>> = {
  '/proc/self/status': 'Cpus_allowed_list:\t0-7\n',
  '/sys/devices/system/node/online': '0-1\n',
  '/sys/devices/system/node/node0/cpulist': '0-3\n',
  '/sys/devices/system/node/node1/cpulist': '4-7\n',
  '/sys/bus/pci/devices/0000:81:00.0/numa_node': '1\n',
  '/sys/bus/pci/devices/0000:c1:00.0/numa_node': '1\n',
};
const LIST = `GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-0000aaaa)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-1111bbbb)
  MIG 3g.20gb     Device  0: (UUID: MIG-3333dddd)
`;
const answer = (stdout: string) => ({ kind: 'answered', stdout, stderr: '' }) as const;
const nvidiaSmi =
  (query: Awaited<ReturnType<CallTool>>): CallTool =>
  async (_, args) =>
    args.includes('-L') ? answer(LIST) : query;
const told = nvidiaSmi(answer('GPU-0000aaaa, 00000000:81:00.0\nGPU-1111bbbb, 00000000:C1:00.0\n'));

const devicesOf = (call: CallTool): LocalDevices => new LocalDevices(call, folder, 0, (path) => KERNEL[path] ?? null);

const WITH_GPU = { ...ANY_INSTANCE, gpu: 'A100-SXM4-40GB', gpusPerAgent: 1, cpus: 2, pin: 'cpus' as const };

test.each([
  ['a GPU', 'A100-SXM4-40GB', ['GPU-0000aaaa']],
  ['an instance of one', 'MIG 3g.20gb', ['MIG-3333dddd']],
])('an agent with %s is pinned to processors near it', async (_, gpu, gpus) => {
  const instance = { ...WITH_GPU, gpu };
  const devices = devicesOf(told);
  expect(await devices.give(instance, 0, await devices.fitting(instance))).toEqual({ gpus, cpus: ['4', '5'] });
});

test('where nvidia-smi does not tell where GPUs are attached, an agent is pinned all the same', async () => {
  const devices = devicesOf(nvidiaSmi({ kind: 'refused', why: 'Field "pci.bus_id" is not a valid field' }));
  const given = await devices.give(WITH_GPU, 0, await devices.fitting(WITH_GPU));
  expect(given).toEqual({ gpus: ['GPU-0000aaaa'], cpus: ['0', '1'] });
});

test('an agent that is not pinned asks nobody where its GPU is attached', async () => {
  const instance = { ...WITH_GPU, pin: null };
  const devices = devicesOf(nvidiaSmi({ kind: 'silent', why: 'nvidia-smi gave no answer' }));
  expect(await devices.give(instance, 0, await devices.fitting(instance))).toEqual({
    gpus: ['GPU-0000aaaa'],
    cpus: [],
  });
});
