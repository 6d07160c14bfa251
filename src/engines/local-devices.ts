import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../campaign/instance.ts';
import { type ReadText, readText } from '../wire/read-text.ts';
import type { HandleMember, Problem } from './engine.ts';
import { fitting, type GpuList, type LocalGpu, LocalGpus } from './local-gpus.ts';
import { LocalProcessors } from './local-processors.ts';
import { formatIdentity, identify } from './process-identity.ts';
import type { CallTool } from './tool.ts';

/** What an agent alone may use. */
export interface Given {
  /** UUIDs; empty: it sees what its parent sees. */
  readonly gpus: readonly string[];
  /** Numbers of the processors that it is pinned to; empty: it runs on any. */
  readonly cpus: readonly string[];
}

export const NOTHING_OF_ITS_OWN: Given = { gpus: [], cpus: [] };

/** How long something that is held may take to become free: who holds it may be about to end. */
const FREE_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;

/** GPUs and processors of this machine, each given to one agent of one user at a time. */
export class LocalDevices {
  readonly #call: CallTool;
  readonly #gpus: LocalGpus;
  readonly #processors: LocalProcessors;
  readonly #freeWithinMs: number;

  /** `folder`: where locks lie; there when something is given. `read`: what the kernel tells of devices and processors. */
  constructor(call: CallTool, folder: string, freeWithinMs = FREE_WITHIN_MS, read: ReadText = readText) {
    this.#call = call;
    this.#gpus = new LocalGpus(call, folder, read);
    this.#processors = new LocalProcessors(folder, read);
    this.#freeWithinMs = freeWithinMs;
  }

  /** The GPUs of this machine; null: none is asked for. */
  async gpus({ gpusPerAgent }: Instance): Promise<GpuList | null> {
    return gpusPerAgent > 0 ? await this.#gpus.list() : null;
  }

  /** What keeps agents from being pinned. */
  async pinProblems({ pin }: Instance): Promise<readonly Problem[]> {
    const tool = pin === 'cpus' ? await this.#call('taskset', ['--version']) : null;
    if (tool === null || tool.kind === 'answered') return [];
    const message = `local engine: agents cannot be pinned to processors: ${tool.why}`;
    return [{ code: 'tool-missing', message, hint: 'taskset is part of util-linux; or leave pin out' }];
  }

  /** GPUs that agents on an instance may be given; throws where that cannot be found out. */
  async fitting(instance: Instance): Promise<readonly LocalGpu[]> {
    const gpus = await this.gpus(instance);
    if (gpus?.kind === 'unknown') throw new Error(gpus.why);
    const devices = gpus === null ? [] : fitting(gpus.devices, instance);
    return instance.pin === 'cpus' && devices.length > 0 ? await this.#gpus.located(devices) : devices;
  }

  /** Locks what agent `index` alone may use, for this process. Throws where it is not free and does not become so. */
  async give(instance: Instance, index: number, gpus: readonly LocalGpu[]): Promise<Given> {
    const until = performance.now() + this.#freeWithinMs;
    for (;;) {
      const given = this.#tryToGive(instance, gpus);
      if (typeof given !== 'string') return given;
      if (performance.now() >= until) throw new Error(`${given} free for agent ${index}`);
      await delay(LOOK_EVERY_MS);
    }
  }

  /** Hands what was locked on to the process that uses it. */
  handOn({ gpus, cpus }: Given, pid: number): void {
    const identity = formatIdentity(identify(pid, readText));
    this.#gpus.handOn(gpus, identity);
    this.#processors.handOn(cpus, identity);
  }

  free(members: readonly HandleMember[]): void {
    this.#gpus.free(members.flatMap(({ gpus }) => gpus ?? []));
    this.#processors.free(members.flatMap(({ cpus }) => cpus ?? []));
  }

  /** A text: what too few are free of. */
  #tryToGive({ gpusPerAgent, cpus, pin }: Instance, devices: readonly LocalGpu[]): Given | string {
    const own = formatIdentity(identify(process.pid, readText));
    const gpus = gpusPerAgent === 0 ? [] : this.#gpus.take(devices, gpusPerAgent, own);
    if (gpus === null) return gpusPerAgent === 1 ? 'no GPU is' : `fewer than ${gpusPerAgent} GPUs are`;
    const near = devices.flatMap(({ uuid, numaNode }) => (gpus.includes(uuid) && numaNode !== null ? [numaNode] : []));
    const pinned = pin !== 'cpus' || cpus === null ? [] : this.#processors.take(cpus, own, new Set(near));
    if (pinned !== null) return { gpus, cpus: pinned };
    this.#gpus.free(gpus);
    return cpus === 1 ? 'no processor to pin it to is' : `fewer than ${cpus} processors to pin it to are`;
  }
}
