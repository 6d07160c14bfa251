import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Instance } from '../campaign/instance.ts';
import { readSmiList } from '../gpu/recorded/smi-list.ts';
import { isRunning, parseIdentity } from './process-identity.ts';
import { processExists, readText } from './process-witness.ts';
import type { CallTool } from './tool.ts';

/** A device that an agent may be given: a whole GPU, or a MIG instance of one. */
export interface LocalGpu {
  readonly uuid: string;
  /** `NVIDIA A100-SXM4-40GB`, `NVIDIA A100-SXM4-40GB MIG 3g.20gb`. */
  readonly name: string;
}

export type GpuList =
  | { readonly kind: 'listed'; readonly devices: readonly LocalGpu[] }
  | { readonly kind: 'unknown'; readonly why: string };

/**
 * Who of this machine's GPUs is given to which agent: by lock files, each with the process that holds the device. The lock
 * of a process that has ended is nobody's.
 */
export class LocalGpus {
  readonly #call: CallTool;
  readonly #folder: string;

  /** `folder`: where the locks lie; there when something is locked. */
  constructor(call: CallTool, folder: string) {
    this.#call = call;
    this.#folder = folder;
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
        name: parent === null ? nameOf(uuid) : `${nameOf(parent)} MIG ${name}`,
      }));
    return { kind: 'listed', devices };
  }

  /** Locks `count` of the devices for a process; null, and none locked, where fewer are free. */
  take(devices: readonly LocalGpu[], count: number, identity: string): readonly string[] | null {
    const taken: string[] = [];
    for (const { uuid } of devices) {
      if (taken.length === count) break;
      if (this.#lock(uuid, identity)) taken.push(uuid);
    }
    if (taken.length === count) return taken;
    this.free(taken);
    return null;
  }

  /** Hands locked devices on to the process that uses them. */
  handOn(uuids: readonly string[], identity: string): void {
    for (const uuid of uuids) writeFileSync(this.#path(uuid), identity, { mode: 0o600 });
  }

  free(uuids: readonly string[]): void {
    for (const uuid of uuids) rmSync(this.#path(uuid), { force: true });
  }

  #lock(uuid: string, identity: string): boolean {
    if (this.#create(uuid, identity)) return true;
    const holder = parseIdentity(readText(this.#path(uuid)) ?? '');
    if (holder !== null && isRunning(holder, readText, processExists)) return false;
    this.free([uuid]);
    return this.#create(uuid, identity);
  }

  /** False: another one was quicker. */
  #create(uuid: string, identity: string): boolean {
    try {
      const file = openSync(this.#path(uuid), 'wx', 0o600);
      writeSync(file, identity);
      closeSync(file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  #path(uuid: string): string {
    return join(this.#folder, `${uuid.replaceAll('/', '_')}.gpu`);
  }
}

/** The devices that an instance may run on: by its model, and MIG instances only where they are asked for. */
export function fitting(devices: readonly LocalGpu[], { gpu }: Pick<Instance, 'gpu'>): readonly LocalGpu[] {
  const asked = gpu?.toLowerCase() ?? '';
  return devices.filter(({ name }) => {
    const isMig = name.includes(' MIG ');
    return name.toLowerCase().includes(asked) && (!isMig || asked.includes('mig'));
  });
}
