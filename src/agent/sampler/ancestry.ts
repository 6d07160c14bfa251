import type { ReadText } from '../../wire/read-text.ts';

const DEEPEST = 64;

/** The process that started another one: field 4 of `/proc/<pid>/stat` (proc_stat(5)); null: it is gone. */
export function parentOf(read: ReadText, pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  // The name, in parentheses, may hold anything.
  const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  return Number.isInteger(parent) && parent > 0 ? parent : null;
}

/** The name under which a process runs; null: it is gone. */
export const nameOf = (read: ReadText, pid: number): string | null => read(`/proc/${pid}/comm`)?.trim() || null;

/**
 * Whether a process descends from the run: from the agent, or from a sister, that is a program of the same name that the
 * agent's parent started too. What else that parent started is nobody's of the run: of agents started by hand it is a shell.
 * An agent that was started by the system itself (process 1) answers for its own descendants only.
 */
export function isOfRun(read: ReadText, pid: number, agent: number): boolean {
  const root = parentOf(read, agent) ?? 1;
  let at: number | null = pid;
  for (let depth = 0; at !== null && at > 1 && depth < DEEPEST; depth++) {
    if (at === agent) return true;
    const parent = parentOf(read, at);
    if (parent === root && root > 1) return programOf(read, at) === programOf(read, agent);
    at = parent;
  }
  return false;
}

/** The file that a process runs, without its folder: of an interpreter the file that it was given. */
function programOf(read: ReadText, pid: number): string {
  const [program = '', first = ''] = wordsOf(read, pid);
  return nameIn(first.startsWith('-') || first === '' ? program : first);
}

const wordsOf = (read: ReadText, pid: number): readonly string[] => (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
const nameIn = (path: string): string => path.split('/').at(-1) ?? '';

/** Whether a process is one that the campaign names: by the name it runs under or the file that it was started from. */
export function isDeclared(read: ReadText, pid: number, declared: readonly string[]): boolean {
  if (declared.length === 0) return false;
  const [program = ''] = wordsOf(read, pid);
  const names = [nameOf(read, pid), program, nameIn(program)];
  return declared.some((name) => names.includes(name));
}
