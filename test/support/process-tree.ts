import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc tells it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
}

/** Every process of the machine that is not a zombie. */
export function processes(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state = '', parent = '', group = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return [];
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return [{ pid: Number(name), parent: Number(parent), group: Number(group), command }];
      } catch {
        return [];
      }
    });
}

/** All descendants of a process, nearest first. */
export function descendants(root: number): Process[] {
  const all = processes();
  const found: Process[] = [];
  let generation = [root];
  while (generation.length > 0) {
    const children = all.filter((process) => generation.includes(process.parent));
    found.push(...children);
    generation = children.map((child) => child.pid);
  }
  return found;
}

/** Those of the given processes that still run under the same command line. */
export const survivors = (of: readonly Process[]): Process[] => {
  const now = processes();
  return of.filter((old) => now.some((process) => process.pid === old.pid && process.command === old.command));
};
