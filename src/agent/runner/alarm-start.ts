import { Worker } from 'node:worker_threads';
import { type AlarmMemory, closeAlarms } from './alarm.ts';
import { entryFile } from './entry-file.ts';

/** The thread that sleeps for those with sockets. */
export interface AlarmThread {
  close(): void;
}

/** Starts it. `origin`: zero of the runner's time line. */
export function startAlarms(memory: AlarmMemory, origin: bigint, onError: (error: unknown) => void): AlarmThread {
  const thread = new Worker(entryFile('alarm-thread', import.meta.url), { workerData: { memory, origin } });
  thread.on('error', onError);
  return { close: () => closeAlarms(memory) };
}
