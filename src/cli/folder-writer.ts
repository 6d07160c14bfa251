import { hostname } from 'node:os';
import { lockFolder } from '../coordinator/folder-lock.ts';
import { processWitness } from '../engines/process-witness.ts';
import { drawHex } from '../time/monotonic.ts';

/** Writes into a results folder as its only writer. Throws what the lock throws: a run that is written is left alone. */
export async function asOnlyWriter(folder: string, write: () => Promise<void>): Promise<void> {
  const unlock = await lockFolder(folder, { ...processWitness(process.pid, hostname()), drawHex });
  try {
    await write();
  } finally {
    await unlock();
  }
}
