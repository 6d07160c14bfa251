import { constants } from 'node:os';
import type { MemberExit } from './engine.ts';

/** Shells and container runtimes give a process that a signal ended this and the signal's number. */
const SIGNALLED = 128;

/** How a process ended, from the code that a shell or a container runtime tells. */
export function exitStatus(code: number): Pick<MemberExit, 'exitCode' | 'signal'> {
  const signal = code > SIGNALLED ? signalName(code - SIGNALLED) : null;
  return { exitCode: signal === null ? code : null, signal };
}

const signalName = (number: number): string | null =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? null;
