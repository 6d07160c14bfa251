import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../wire/read-text.ts';
import { formatIdentity, identify, isRunning, parseIdentity } from './process-identity.ts';
import { processExists } from './process-witness.ts';

/**
 * Who of this machine's devices is given to which agent: by lock files, each with the process that holds the device. The
 * lock of a process that has ended is nobody's.
 *
 * Others look at any time. So a lock is there whole or not at all, for one without a holder would be nobody's too; and the lock
 * of a dead holder is taken away by one process at a time, for what the second took away would be the first one's new lock.
 */
export class DeviceLocks {
  readonly #folder: string;
  readonly #ending: string;

  /** `folder`: where the locks lie; there when something is locked. `ending`: of their names. */
  constructor(folder: string, ending: string) {
    this.#folder = folder;
    this.#ending = ending;
  }

  /** False: another living process holds it, or is about to. */
  lock(device: string, identity: string): boolean {
    if (this.#create(device, identity)) return true;
    if (!this.isFree(device)) return false;
    this.#clear(device);
    return this.#create(device, identity);
  }

  isFree(device: string): boolean {
    return typeof holderOf(this.#path(device)) !== 'number';
  }

  /** Hands locked devices on to the process that uses them. */
  handOn(devices: readonly string[], identity: string): void {
    for (const device of devices) renameSync(this.#written(device, identity), this.#path(device));
  }

  /** Gives back what this process holds, and what those held who have ended; what somebody else took since stays theirs. */
  free(devices: readonly string[]): void {
    for (const device of devices) {
      const holder = holderOf(this.#path(device));
      if (holder === process.pid) rmSync(this.#path(device), { force: true });
      else if (holder === 'dead') this.#clear(device);
    }
  }

  /** False: another one was quicker. */
  #create(device: string, identity: string): boolean {
    const own = this.#written(device, identity);
    try {
      return isLinked(own, this.#path(device));
    } finally {
      rmSync(own);
    }
  }

  /** Takes the lock of a dead holder away, unless another process is doing so. */
  #clear(device: string): void {
    const path = this.#path(device);
    const guard = `${path}.clearing`;
    const own = this.#written(device, formatIdentity(identify(process.pid, readText)));
    try {
      if (!isLinked(own, guard)) {
        // Who died over it left the guard.
        if (holderOf(guard) === 'dead') rmSync(guard, { force: true });
        return;
      }
      if (holderOf(path) === 'dead') rmSync(path, { force: true });
      rmSync(guard);
    } finally {
      rmSync(own);
    }
  }

  /** A file of this process, which nobody else looks at. */
  #written(device: string, identity: string): string {
    const own = `${this.#path(device)}.${process.pid}`;
    writeFileSync(own, identity, { mode: 0o600 });
    return own;
  }

  #path(device: string): string {
    return join(this.#folder, `${device.replaceAll('/', '_')}.${this.#ending}`);
  }
}

/** Process id of who holds a lock. Only one that is there may be taken away: where none is, the next may come at any time. */
function holderOf(path: string): number | 'dead' | 'nobody' {
  const text = readText(path);
  if (text === null) return 'nobody';
  const holder = parseIdentity(text);
  return holder !== null && isRunning(holder, readText, processExists) ? holder.pid : 'dead';
}

/** False: something is there already. */
function isLinked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
