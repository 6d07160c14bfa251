import { type ReadText, readText } from '../wire/read-text.ts';
import { DeviceLocks } from './device-locks.ts';
import { chosenProcessors, processorsOf } from './processors.ts';

/** Processors of this machine that are given to agents which are pinned: no two agents of one user share any. */
export class LocalProcessors {
  readonly #locks: DeviceLocks;
  readonly #read: ReadText;

  /** `read`: what the kernel tells; null: there is no such file. */
  constructor(folder: string, read: ReadText = readText) {
    this.#locks = new DeviceLocks(folder, 'cpu');
    this.#read = read;
  }

  /** Locks `count` for a process, on the NUMA nodes `near` where they are free there; null, and none locked, where fewer are free. */
  take(count: number, identity: string, near: ReadonlySet<number>): readonly string[] | null {
    const lost = new Set<number>();
    for (;;) {
      const isFree = (cpu: number): boolean => !lost.has(cpu) && this.#locks.isFree(`${cpu}`);
      const chosen = chosenProcessors(processorsOf(this.#read), isFree, count, near);
      if (chosen === null) return null;
      const locked = chosen.filter((cpu) => this.#locks.lock(`${cpu}`, identity));
      if (locked.length === chosen.length) return chosen.map(String);
      // Another engine was quicker with some of them.
      for (const cpu of chosen) if (!locked.includes(cpu)) lost.add(cpu);
      this.free(locked.map(String));
    }
  }

  handOn(cpus: readonly string[], identity: string): void {
    this.#locks.handOn(cpus, identity);
  }

  free(cpus: readonly string[]): void {
    this.#locks.free(cpus);
  }
}
