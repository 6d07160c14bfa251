import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from '../engines/process-identity.ts';

/** What the supervisor does to the process group that holds everything it started. */
export interface ProcessGroup {
  /** Id of the group: that of the process which leads it. */
  readonly id: number;
  /** Whether a member is left that has not ended. One that has ended and that nobody reaped does not count. */
  isAlive(): boolean;
  /** Whether its leader is stopped (SIGSTOP, not by a debugger); false where the system does not show its processes. */
  isStopped(): boolean;
  /** To every member; no error when there is none. */
  kill(signal: NodeJS.Signals): void;
}

export const processGroup = (id: number): ProcessGroup => ({
  id,
  isAlive: () => signalGroup(id, 0) && !allEnded(id),
  isStopped: () => readProcess(String(id))[0]?.state === 'T',
  kill: (signal) => {
    signalGroup(id, signal);
  },
});

/** Whether the group was there to be signalled. */
function signalGroup(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-id, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only zombies are left; where the system does not show its processes, nobody can tell: false. */
function allEnded(id: number): boolean {
  const members = processes().filter(({ group }) => group === id);
  return members.length > 0 && members.every(({ state }) => state === 'Z' || state === 'X');
}

function processes(): readonly { readonly group: number; readonly state: string }[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => readProcess(pid));
  } catch {
    return [];
  }
}

function readProcess(pid: string): readonly { readonly group: number; readonly state: string }[] {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat === null ? [] : [{ group: stat.group, state: stat.state }];
  } catch {
    return [];
  }
}
