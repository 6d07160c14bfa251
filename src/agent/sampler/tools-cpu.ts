import type { ReadText } from '../../wire/read-text.ts';

/** In which `/proc` tells CPU time (USER_HZ of proc(5): 100 on every Linux that Node runs on). */
const TICKS_PER_S = 100;

/** Places of proc_stat(5) after the name: user and system time of the process, and of its children that ended. */
const OWN = [11, 12];
const ENDED_CHILDREN = [13, 14];

/**
 * CPU time of the tools that a process started, s: of those that have ended, and so far of those that run. 0 where `/proc`
 * does not tell; where it does not tell which ones run, theirs counts once they have ended.
 */
export function toolsCpuS(read: ReadText, pid: number): number {
  const running = (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').map(Number).filter(Boolean);
  const ticks = running.reduce(
    (sum, child) => sum + ticksOf(read, child, [...OWN, ...ENDED_CHILDREN]),
    ticksOf(read, pid, ENDED_CHILDREN),
  );
  return ticks / TICKS_PER_S;
}

function ticksOf(read: ReadText, pid: number, places: readonly number[]): number {
  const stat = read(`/proc/${pid}/stat`) ?? '';
  // The name, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return places.reduce((sum, place) => sum + (Number(fields[place]) || 0), 0);
}
