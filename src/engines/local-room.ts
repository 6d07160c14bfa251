import type { AgentGroup, Problem } from './engine.ts';
import { fitting, type GpuList } from './local-gpus.ts';

/** What a machine has. */
export interface Room {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Null: nobody asked for one. */
  readonly gpus: GpuList | null;
}

/** What of a group finds no room on a machine. Words of batch systems (partition, account ...) mean nothing here. */
export function roomProblems({ indices, instance }: AgentGroup, room: Room): Problem[] {
  const agents = indices.length;
  const problems: Problem[] = [];
  if (instance.cpus !== null && agents * instance.cpus > room.cpus) {
    problems.push(
      short(
        `${counted(agents, 'agent')} with ${counted(instance.cpus, 'CPU')} each`,
        counted(room.cpus, 'CPU'),
        'fewer agents, or fewer cpus',
      ),
    );
  }
  if (instance.memoryBytes !== null && agents * instance.memoryBytes > room.memoryBytes) {
    problems.push(
      short(
        `${counted(agents, 'agent')} with ${gib(instance.memoryBytes)} each`,
        gib(room.memoryBytes),
        'fewer agents, or less memory',
      ),
    );
  }
  return [...problems, ...gpuProblems(agents, instance, room.gpus)];
}

const short = (asked: string, has: string, hint: string): Problem => ({
  code: 'no-room',
  message: `local engine: found ${asked}, and this machine has ${has}`,
  hint: `expected ${hint}`,
});

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const gib = (bytes: number): string => `${Number((bytes / 2 ** 30).toFixed(1))} GiB`;

function gpuProblems(agents: number, instance: AgentGroup['instance'], gpus: GpuList | null): Problem[] {
  if (instance.gpusPerAgent === 0 || gpus === null) return [];
  const asked = `${counted(agents * instance.gpusPerAgent, 'GPU')}${instance.gpu === null ? '' : ` ${instance.gpu}`}`;
  if (gpus.kind === 'unknown') {
    const message = `local engine: found ${asked} asked for, and GPUs cannot be listed: ${gpus.why}`;
    return [{ code: 'tool-missing', message, hint: 'nvidia-smi -L must list them' }];
  }
  const fit = fitting(gpus.devices, instance).length;
  if (fit >= agents * instance.gpusPerAgent) return [];
  const all = gpus.devices.length === 0 ? 'none' : gpus.devices.map(({ name }) => name).join(', ');
  return [short(asked, `${fit} of them (of ${all})`, 'fewer agents, or another gpu')];
}
