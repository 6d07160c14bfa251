import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { FolderTaken, lockFolder } from '../coordinator/folder-lock.ts';
import { ResultsError, systemCode } from '../coordinator/results-error.ts';
import { processWitness } from '../engines/process-witness.ts';
import { makeFolders } from '../models/make-folders.ts';
import { drawHex } from '../time/monotonic.ts';

type Unlock = () => Promise<void>;

/** Writes into a results folder as its only writer. Throws what the lock throws: a run that is written is left alone. */
export async function asOnlyWriter(folder: string, write: () => Promise<void>): Promise<void> {
  await written(await locked(folder), write);
}

/** Whom a command waits for, and for how long. */
export interface Patience {
  /** Told once who writes, as `process 4711 on node-a`. */
  readonly waiting: (who: string) => void;
  readonly mostMs: number;
  readonly signal: AbortSignal;
}

/** Between two looks whether a folder is free. */
const LOOK_MS = 250;

/**
 * The same as soon as nobody else writes any more, into a folder that is made where it is not there. Throws what the lock
 * throws when that takes too long, and the signal's reason once it is aborted.
 */
export async function asNextWriter(folder: string, write: () => Promise<void>, patience: Patience): Promise<void> {
  await written(await nextLock(folder, patience), write);
}

async function written(unlock: Unlock, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } finally {
    await unlock();
  }
}

const locked = (folder: string): Promise<Unlock> =>
  lockFolder(folder, { ...processWitness(process.pid, hostname()), drawHex });

async function nextLock(folder: string, { waiting, mostMs, signal }: Patience): Promise<Unlock> {
  let isTold = false;
  for (const until = performance.now() + mostMs; ; ) {
    signal.throwIfAborted();
    await makeFolders(folder);
    try {
      return await locked(folder);
    } catch (error) {
      if (!isPassing(error) || performance.now() >= until) throw error;
      if (!isTold && error instanceof FolderTaken) waiting(error.who);
      isTold ||= error instanceof FolderTaken;
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}

/** Somebody writes, or has just taken the folder away that is being written into. */
const isPassing = (error: unknown): boolean =>
  error instanceof FolderTaken || (error instanceof ResultsError && systemCode(error.cause) === 'ENOENT');
