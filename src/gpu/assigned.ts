import type { DeviceFacts } from './recorded/recording.ts';

/** A device that work can be given to: a whole GPU that is not cut, or a MIG instance of one that is. */
export interface UsableDevice {
  readonly uuid: string;
  /** With the GPU's own name before that of an instance: `NVIDIA A100-SXM4-40GB MIG 3g.20gb`. */
  readonly name: string;
  readonly kind: 'whole' | 'instance';
  readonly facts: DeviceFacts;
}

/**
 * The devices that a process is given by `CUDA_VISIBLE_DEVICES`, in its order: numbers count GPUs as the driver lists them,
 * names are UUIDs or their beginnings. What comes after a word that names nothing is not given, as CUDA has it. Absent: all.
 */
export function assignedDevices(devices: readonly DeviceFacts[], visible: string | undefined): readonly UsableDevice[] {
  const gpus = devices.filter(({ device }) => device.parent === null);
  if (visible === undefined) return gpus.flatMap((gpu) => usableOf(gpu, devices));
  const assigned: UsableDevice[] = [];
  for (const word of visible.split(',').map((part) => part.trim())) {
    const [first] = /^\d+$/u.test(word) ? byNumber(Number(word), gpus, devices) : byUuid(word, gpus, devices);
    if (first === undefined || assigned.some(({ uuid }) => uuid === first.uuid)) break;
    assigned.push(first);
  }
  return assigned;
}

const byNumber = (index: number, gpus: readonly DeviceFacts[], devices: readonly DeviceFacts[]) =>
  gpus.filter(({ device }) => device.index === index).flatMap((gpu) => usableOf(gpu, devices));

function byUuid(word: string, gpus: readonly DeviceFacts[], devices: readonly DeviceFacts[]): readonly UsableDevice[] {
  if (word === '') return [];
  const usable = gpus.flatMap((gpu) => usableOf(gpu, devices));
  const named = usable.filter(({ uuid }) => uuid.startsWith(word));
  if (named.length > 0) return named.length === 1 ? named : named.filter(({ uuid }) => uuid === word);
  return gpus.filter(({ device }) => device.uuid === word).flatMap((gpu) => usableOf(gpu, devices));
}

/** What can be used of a GPU: itself, or its instances where it is cut. */
function usableOf(gpu: DeviceFacts, devices: readonly DeviceFacts[]): readonly UsableDevice[] {
  const name = gpu.device.name ?? 'GPU';
  const instances = devices.filter(({ device }) => device.parent === gpu.device.uuid);
  if (gpu.migMode !== 'Enabled' && instances.length === 0) {
    return [{ uuid: gpu.device.uuid, name, kind: 'whole', facts: gpu }];
  }
  return instances.map((facts) => ({
    uuid: facts.device.uuid,
    name: `${name} MIG ${facts.device.name ?? 'instance'}`,
    kind: 'instance',
    facts,
  }));
}
