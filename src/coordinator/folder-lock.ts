import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ResultsError, refusal, systemCode } from './results-error.ts';

/** Who writes into a results folder: a process of one boot of one machine. */
export interface FolderOwner {
  readonly host: string;
  /** Of the machine's boot; null where it is not told. */
  readonly boot: string | null;
  /** `pid@start`, as engines write it. */
  readonly process: string;
}

export interface LockContext {
  readonly self: FolderOwner;
  /** Whether the process of an owner of this machine and boot runs. */
  isRunning(owner: FolderOwner): boolean;
  drawHex(bytes: number): string;
}

/** Somebody else writes into the folder. */
export class FolderTaken extends ResultsError {
  /** `process 4711 on node-a`. */
  readonly who: string;

  constructor(folder: string, who: string) {
    const advice = `expected nobody: wait for it, or remove ${join(folder, LOCK)} when it is gone for certain`;
    super('path', `${folder}: found ${who} writing into it, ${advice}`);
    this.who = who;
  }
}

/** Held while a results folder is written into; no part of the results. */
export const LOCK = '.lock';

/**
 * Takes a results folder for one writer and gives what lets go of it. The lock of a process that has ended is taken
 * over. Throws {@link FolderTaken} where there is a writer, another {@link ResultsError} where it cannot be.
 */
export async function lockFolder(folder: string, context: LockContext): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  for (let tries = 0; tries < TRIES; tries++) {
    if (await create(path, JSON.stringify(context.self))) return () => rm(path, { force: true });
    const text = await textOf(path);
    if (text === null) continue;
    const owner = ownerOf(text);
    if (owner === null || mayRun(owner, context)) throw taken(folder, owner);
    await takeAway(path, text, context);
  }
  throw taken(folder, null);
}

/** Who writes into a results folder at this moment; null: nobody, as far as this machine can tell. */
export async function writerOf(folder: string, context: Omit<LockContext, 'drawHex'>): Promise<FolderOwner | null> {
  const text = await textOf(join(folder, LOCK));
  const owner = text === null ? null : ownerOf(text);
  return owner !== null && mayRun(owner, context) ? owner : null;
}

const TRIES = 5;

async function create(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      // One that says nothing of its owner would be anybody's, for ever.
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return false;
    throw new ResultsError(code === 'EACCES' || code === 'EROFS' ? 'permission' : 'path', refusal(error, path), error);
  }
}

/** Another writer may come between: what is taken away must be what was read, else it is put back. */
async function takeAway(path: string, text: string, { drawHex }: LockContext): Promise<void> {
  const aside = `${path}.${drawHex(4)}.tmp`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await textOf(aside)) === text) await rm(aside, { force: true });
  else await rename(aside, path);
}

/** The process of another machine cannot be looked at. */
const mayRun = (owner: FolderOwner, context: Omit<LockContext, 'drawHex'>): boolean => {
  if (owner.host !== context.self.host) return true;
  return owner.boot === context.self.boot && context.isRunning(owner);
};

const textOf = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null);

function ownerOf(text: string): FolderOwner | null {
  try {
    const { host, boot, process } = JSON.parse(text) as FolderOwner;
    return typeof host === 'string' && typeof process === 'string' ? { host, boot: boot ?? null, process } : null;
  } catch {
    return null;
  }
}

const taken = (folder: string, owner: FolderOwner | null): FolderTaken =>
  new FolderTaken(
    folder,
    owner === null ? 'another process' : `process ${owner.process.replace(/@.*/, '')} on ${owner.host}`,
  );
