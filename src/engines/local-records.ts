import { existsSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFoldersSync } from '../models/make-folders.ts';
import { readText } from '../wire/read-text.ts';
import type { AttemptKey, Handle } from './engine.ts';

/** End of the name of a run's folder of spools. */
const SPOOLS = '.spool';

const OTHERS_MAY_WRITE = 0o022;

/**
 * What a local engine writes down about its attempts, so that they are found after a restart of the coordinator. It lies where
 * every user of the machine may make folders, and says which processes to end: so it must be this user's own.
 */
export class LocalRecords {
  readonly #folder: string;

  /** The folder is made when something is to be kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Throws where it cannot be made, or is not this user's alone to write. */
  makeFolder(): void {
    makeFoldersSync(this.#folder, 0o700);
    this.#refuseOthers();
  }

  /** Null: none was kept, or what is there is no handle. */
  find(key: AttemptKey): Handle | null {
    return this.#read(fileOf(key));
  }

  /** Throws where the folder is somebody else's. */
  all(): readonly Handle[] {
    this.#refuseOthers();
    const files = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    const kept = files.filter((file) => file.endsWith('.json')).map((file) => this.#read(file));
    return kept.filter((handle) => handle !== null);
  }

  keep(handle: Handle): void {
    const path = join(this.#folder, fileOf(handle.key));
    writeFileSync(`${path}.tmp`, JSON.stringify(handle), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }

  forget(key: AttemptKey): void {
    rmSync(join(this.#folder, fileOf(key)), { force: true });
  }

  spoolFolder(runId: string): string {
    return join(this.#folder, `${runId}${SPOOLS}`);
  }

  /** Spools that nobody reads: those of all runs but these. */
  forgetSpoolsBut(runIds: readonly string[]): void {
    const kept = new Set(runIds.map((id) => this.spoolFolder(id)));
    for (const name of readdirSync(this.#folder).filter((file) => file.endsWith(SPOOLS))) {
      const folder = join(this.#folder, name);
      if (!kept.has(folder)) rmSync(folder, { recursive: true, force: true });
    }
  }

  /** A spool that holds what was never acknowledged is kept until the next run, and its folder with it. */
  forgetEmptySpools(runId: string): void {
    const folder = this.spoolFolder(runId);
    const files = existsSync(folder) ? readdirSync(folder).map((file) => join(folder, file)) : [];
    for (const file of files) if (statSync(file, { throwIfNoEntry: false })?.size === 0) rmSync(file, { force: true });
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }

  #refuseOthers(): void {
    const stats = lstatSync(this.#folder, { throwIfNoEntry: false });
    if (stats === undefined || process.getuid === undefined) return;
    if (stats.isDirectory() && stats.uid === process.getuid() && (stats.mode & OTHERS_MAY_WRITE) === 0) return;
    const found = stats.isDirectory() ? 'a folder that others may write' : 'no folder';
    throw new Error(`${this.#folder}: found ${found}, expected one of this user alone`);
  }

  #read(file: string): Handle | null {
    const text = readText(join(this.#folder, file));
    if (text === null) return null;
    try {
      const handle = JSON.parse(text) as Partial<Handle> | null;
      const whole = handle?.engine === 'local' && handle.key !== undefined && Array.isArray(handle.members);
      return whole ? (handle as Handle) : null;
    } catch {
      return null;
    }
  }
}

const fileOf = ({ runId, attempt }: AttemptKey): string => `${runId}-${attempt}.json`;
