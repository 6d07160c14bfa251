import { readlinkSync } from 'node:fs';
import { type ReadText, readText } from '../wire/read-text.ts';

/** Target of a symbolic link; null: there is none, or it may not be read. */
export type ReadLink = (path: string) => string | null;

const readLink: ReadLink = (path) => {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
};

/**
 * Names the monotonic clock that this process reads: it counts from the machine's boot, and a time namespace shifts it
 * (time_namespaces(7)). Processes that give the same name read the same clock, in whatever container. Null: not told.
 */
export function clockName(read: ReadText = readText, link: ReadLink = readLink): string | null {
  const boot = read('/proc/sys/kernel/random/boot_id')?.trim() || null;
  const namespace = link('/proc/self/ns/time');
  return boot === null || namespace === null ? null : `${boot} ${namespace}`;
}
