import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, parseIdentity } from './process-identity.ts';
import { processExists, readText } from './process-witness.ts';

/**
 * Who of this machine's devices is given to which agent: by lock files, each with the process that holds the device. The
 * lock of a process that has ended is nobody's.
 */
export class DeviceLocks {
  readonly #folder: string;
  readonly #ending: string;

  /** `folder`: where the locks lie; there when something is locked. `ending`: of their names. */
  constructor(folder: string, ending: string) {
    this.#folder = folder;
    this.#ending = ending;
  }

  /** False: another living process holds it. */
  lock(device: string, identity: string): boolean {
    if (this.#create(device, identity)) return true;
    if (!this.isFree(device)) return false;
    this.free([device]);
    return this.#create(device, identity);
  }

  isFree(device: string): boolean {
    const holder = parseIdentity(readText(this.#path(device)) ?? '');
    return holder === null || !isRunning(holder, readText, processExists);
  }

  /** Hands locked devices on to the process that uses them. */
  handOn(devices: readonly string[], identity: string): void {
    for (const device of devices) writeFileSync(this.#path(device), identity, { mode: 0o600 });
  }

  free(devices: readonly string[]): void {
    for (const device of devices) rmSync(this.#path(device), { force: true });
  }

  /** False: another one was quicker. */
  #create(device: string, identity: string): boolean {
    try {
      const file = openSync(this.#path(device), 'wx', 0o600);
      writeSync(file, identity);
      closeSync(file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  #path(device: string): string {
    return join(this.#folder, `${device.replaceAll('/', '_')}.${this.#ending}`);
  }
}
