import { expect, test } from 'vitest';
import { ANY_INSTANCE, type Instance } from '../../../src/campaign/instance.ts';
import type { AgentGroup } from '../../../src/engines/engine.ts';
import { type Room, roomProblems } from '../../../src/engines/local-room.ts';

const GPU = { uuid: 'GPU-1', name: 'NVIDIA T4', board: 'GPU-1', numaNode: null };
const room: Room = { cpus: 1, memoryBytes: 2 ** 30, gpus: { kind: 'listed', devices: [GPU] } };

function said(instance: Partial<Instance>, agents: readonly number[], has = room): readonly string[] {
  const group = { indices: agents, instance: { ...ANY_INSTANCE, ...instance } } as unknown as AgentGroup;
  return roomProblems(group, has).map(({ message }) => message);
}

test.each<readonly [Partial<Instance>, readonly number[], string]>([
  [{ gpusPerAgent: 1, gpu: 'H100' }, [0], 'found 1 GPU H100, and this machine has 0 of them (of NVIDIA T4)'],
  [{ gpusPerAgent: 1 }, [0, 1], 'found 2 GPUs, and this machine has 1 of them (of NVIDIA T4)'],
  [{ cpus: 2 }, [0], 'found 1 agent with 2 CPUs each, and this machine has 1 CPU'],
  [{ cpus: 1 }, [0, 1], 'found 2 agents with 1 CPU each, and this machine has 1 CPU'],
  [{ memoryBytes: 2 ** 31 }, [0], 'found 1 agent with 2 GiB each, and this machine has 1 GiB'],
])('what a machine has no room for is told as it is counted: %j of %j', (instance, agents, sentence) => {
  expect(said(instance, agents)).toEqual([`local engine: ${sentence}`]);
});

test('GPUs that cannot be listed are told with how many were asked for', () => {
  const blind: Room = { ...room, gpus: { kind: 'unknown', why: 'nvidia-smi is not on the PATH of this machine' } };
  expect(said({ gpusPerAgent: 1 }, [0], blind)).toEqual([
    'local engine: found 1 GPU asked for, and GPUs cannot be listed: nvidia-smi is not on the PATH of this machine',
  ]);
});
