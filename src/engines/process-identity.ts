import type { ReadText } from '../wire/read-text.ts';

/**
 * A process by number and start, so that a number that the system has given to another process is not taken for it.
 * Written `pid@start`, or `pid@` where the system does not tell the start.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot at which it started; null: not told. */
  readonly start: string | null;
}

export const formatIdentity = ({ pid, start }: ProcessIdentity): string => `${pid}@${start ?? ''}`;

/** Null when the text is no identity. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const [, pid, start] = /^(\d+)@(\d*)$/.exec(text) ?? [];
  return pid === undefined ? null : { pid: Number(pid), start: start || null };
}

export interface ProcessStat {
  readonly state: string;
  /** Id of its process group. */
  readonly group: number;
  readonly start: string;
}

/** From `/proc/<pid>/stat` (proc_pid_stat(5)); the name before the fields may hold anything. */
export function parseStat(text: string): ProcessStat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const start = fields[19];
  if (state === undefined || group === undefined || start === undefined || start === '') return null;
  return { state, group: Number(group), start };
}

export function identify(pid: number, readText: ReadText): ProcessIdentity {
  const stat = parseStat(readText(`/proc/${pid}/stat`) ?? '');
  return { pid, start: stat?.start ?? null };
}

/** `exists`: whether any process has the number (`kill` with signal 0). A process that has ended and was not reaped does not run. */
export function isRunning(identity: ProcessIdentity, readText: ReadText, exists: (pid: number) => boolean): boolean {
  if (!exists(identity.pid)) return false;
  const stat = parseStat(readText(`/proc/${identity.pid}/stat`) ?? '');
  if (stat === null) return identity.start === null;
  return stat.state !== 'Z' && (identity.start === null || stat.start === identity.start);
}
