import type { Stats } from 'node:fs';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { drawHex } from '../time/monotonic.ts';
import { JOIN_FILE_ENDING, type JoinTicket, parseJoinFile } from '../wire/join-file.ts';
import { refuseOthers, UsageError } from './arguments.ts';

const LOOK_EVERY_MS = 200;

/**
 * A place for an agent: from a join file, or the first that is free in a folder of them. In a folder the place is taken:
 * its file is gone for every other agent. Waits for one as long as `waitMs`; null: none came, or `signal` ended the wait.
 * Throws a {@link UsageError} for a file that is none.
 */
export async function takePlace(path: string, waitMs: number, signal: AbortSignal): Promise<JoinTicket | null> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    const ticket = (await isFolder(path)) ? await takeFrom(path) : await readTicket(path);
    if (ticket !== null || waited >= waitMs || signal.aborted) return ticket;
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

const isFolder = async (path: string): Promise<boolean> =>
  await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );

/** Renaming is what takes a place: of several agents that try, one succeeds. */
async function takeFrom(folder: string): Promise<JoinTicket | null> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(JOIN_FILE_ENDING)).sort();
  for (const name of names) {
    const taken = join(folder, `${name}.${drawHex(4)}`);
    try {
      await rename(join(folder, name), taken);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      throw refused(folder, error);
    }
    return await readTicket(taken).finally(() => rm(taken, { force: true }));
  }
  return null;
}

/** Null: there is no such file yet. */
async function readTicket(path: string): Promise<JoinTicket | null> {
  let text: string;
  let stats: Stats;
  try {
    stats = await stat(path);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw refused(path, error);
  }
  refuseOthers(`join file ${path}`, stats);
  const ticket = parseJoinFile(text);
  if (ticket === null)
    throw new UsageError(`--join: ${path} is no join file, expected one of \`loadcell coordinator\``);
  return ticket;
}

const refused = (path: string, error: unknown): UsageError =>
  new UsageError(`--join: ${path} cannot be read: ${error instanceof Error ? error.message : error}`);
