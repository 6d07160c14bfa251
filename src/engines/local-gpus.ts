import type { Instance } from '../campaign/instance.ts';
import { asksForInstance, isOfModel } from '../gpu/arrival.ts';
import { readSmiList } from '../gpu/recorded/smi-list.ts';
import { type ReadText, readText } from '../wire/read-text.ts';
import { DeviceLocks } from './device-locks.ts';
import { numaNodeOf } from './processors.ts';
import type { CallTool } from './tool.ts';

/** A device that an agent may be given: a whole GPU, or a MIG instance of one. */
export interface LocalGpu {
  readonly uuid: string;
  /** `NVIDIA A100-SXM4-40GB`, `NVIDIA A100-SXM4-40GB MIG 3g.20gb`. */
  readonly name: string;
  /** UUID of the GPU that it is, or is a part of. */
  readonly board: string;
  /** That it is attached to; null: not asked for, or not told. */
  readonly numaNode: number | null;
}

export type GpuList =
  | { readonly kind: 'listed'; readonly devices: readonly LocalGpu[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** GPUs of this machine that are given to agents: no two agents of one user share any. */
export class LocalGpus {
  readonly #call: CallTool;
  readonly #locks: DeviceLocks;
  readonly #read: ReadText;

  constructor(call: CallTool, folder: string, read: ReadText = readText) {
    this.#call = call;
    this.#locks = new DeviceLocks(folder, 'gpu');
    this.#read = read;
  }

  /** The devices of this machine. A GPU that is cut into MIG instances is none itself. */
  async list(): Promise<GpuList> {
    const end = await this.#call('nvidia-smi', ['-L']);
    if (end.kind !== 'answered') return { kind: 'unknown', why: end.why };
    const all = readSmiList(end.stdout).devices.map(({ device }) => device);
    const isCut = (uuid: string): boolean => all.some(({ parent }) => parent === uuid);
    const nameOf = (uuid: string | null): string => all.find((device) => device.uuid === uuid)?.name ?? 'GPU';
    const devices = all
      .filter(({ uuid }) => !isCut(uuid))
      .map(({ uuid, parent, name }) => ({
        uuid,
        board: parent ?? uuid,
        numaNode: null,
        name: parent === null ? nameOf(uuid) : `${nameOf(parent)} MIG ${name}`,
      }));
    return { kind: 'listed', devices };
  }

  /** The same devices, with the NUMA nodes that they are attached to. */
  async located(devices: readonly LocalGpu[]): Promise<readonly LocalGpu[]> {
    const end = await this.#call('nvidia-smi', ['--query-gpu=uuid,pci.bus_id', '--format=csv,noheader']);
    const rows = end.kind === 'answered' ? end.stdout.split('\n') : [];
    const busIds = new Map(
      rows.map((row) => row.split(',')).map(([uuid = '', busId = '']) => [uuid.trim(), busId.trim()]),
    );
    return devices.map((device) => ({ ...device, numaNode: numaNodeOf(busIds.get(device.board) ?? '', this.#read) }));
  }

  /** Locks `count` of the devices for a process; null, and none locked, where fewer are free. */
  take(devices: readonly LocalGpu[], count: number, identity: string): readonly string[] | null {
    const taken: string[] = [];
    for (const { uuid } of devices) {
      if (taken.length === count) break;
      if (this.#locks.lock(uuid, identity)) taken.push(uuid);
    }
    if (taken.length === count) return taken;
    this.free(taken);
    return null;
  }

  handOn(uuids: readonly string[], identity: string): void {
    this.#locks.handOn(uuids, identity);
  }

  free(uuids: readonly string[]): void {
    this.#locks.free(uuids);
  }
}

/** The devices that an instance may run on: by its model, and MIG instances only where they are asked for. */
export function fitting(devices: readonly LocalGpu[], { gpu }: Pick<Instance, 'gpu'>): readonly LocalGpu[] {
  return devices.filter(({ name }) => {
    const isFit = gpu === null || isOfModel(name, gpu);
    return isFit && (!name.includes(' MIG ') || asksForInstance(gpu));
  });
}
