import { Socket } from 'node:net';

/**
 * The lifeline: one pipe from the supervisor to everything that it starts, directly or not.
 *
 * The supervisor alone holds the other end. It never writes: when it dies, however it dies, every descendant reads
 * the end of the file and kills its process group with SIGKILL, which ends stopped members too. Each process hands
 * its end on to its children under the same number.
 */

/** Where children find the lifeline. */
export const LIFELINE_FD = 3;

/** Environment of every supervised process. */
export const LIFELINE_FD_VARIABLE = 'LOADCELL_LIFELINE_FD';
/** `1`: the process group holds supervised processes and nothing else, so that it may be killed as a whole. */
export const LIFELINE_GROUP_VARIABLE = 'LOADCELL_GROUP';

type Environment = Readonly<Record<string, string | undefined>>;

/** Environment that says where the lifeline is and that the group is the supervisor's to kill. */
export const lifelineEnvironment = (): Record<string, string> => ({
  [LIFELINE_FD_VARIABLE]: String(LIFELINE_FD),
  [LIFELINE_GROUP_VARIABLE]: '1',
});

/** The descriptor named by the environment; null where nobody supervises. */
export function lifelineFd(env: Environment): number | null {
  const text = env[LIFELINE_FD_VARIABLE];
  if (text === undefined || text === '') return null;
  const fd = Number(text);
  if (!Number.isInteger(fd) || fd < 3) {
    throw new Error(`${LIFELINE_FD_VARIABLE}: found "${text}", expected the number of an open descriptor, 3 or above`);
  }
  return fd;
}

/**
 * What to put at index {@link LIFELINE_FD} of a child's `stdio`, so that the child inherits the lifeline. The child's
 * environment must be this process's, or hold {@link LIFELINE_FD_VARIABLE} and {@link LIFELINE_GROUP_VARIABLE} too.
 */
export const lifelineStdio = (env: Environment): number | 'ignore' => lifelineFd(env) ?? 'ignore';

/**
 * Watches the lifeline named by the environment and ends this process when it closes: its whole group with SIGKILL
 * when the group is supervised, else itself alone. Does nothing where nobody supervises; keeps no event loop alive.
 * Call it first in a process entry, on the main thread.
 */
export function watchLifeline(env: Environment): void {
  const fd = lifelineFd(env);
  if (fd === null) return;
  const end = (): void => endGroup(env);
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('end', end).on('error', end).on('close', end);
  socket.resume();
  socket.unref();
}

/** SIGKILL to this process's group when it is supervised, else to this process: nothing after this call runs. */
export function endGroup(env: Environment): void {
  process.kill(env[LIFELINE_GROUP_VARIABLE] === '1' ? 0 : process.pid, 'SIGKILL');
}
