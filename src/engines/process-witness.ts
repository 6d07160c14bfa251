import { readText } from '../wire/read-text.ts';
import { formatIdentity, identify, isRunning, parseIdentity } from './process-identity.ts';

/** A process of one boot of one machine. */
interface Owner {
  readonly host: string;
  /** Of the machine's boot; null where it is not told. */
  readonly boot: string | null;
  /** `pid@start`. */
  readonly process: string;
}

/** Who this process is, and whether another one of this machine and boot runs. */
export function processWitness(
  pid: number,
  host: string,
): { readonly self: Owner; readonly isRunning: (owner: Owner) => boolean } {
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim() || null;
  return {
    self: { host, boot, process: formatIdentity(identify(pid, readText)) },
    isRunning: ({ process }) => {
      const identity = parseIdentity(process);
      return identity !== null && isRunning(identity, readText, processExists);
    },
  };
}

/** Whether any process has the number. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
