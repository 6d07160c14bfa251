import { watchLifeline } from '../../wire/lifeline.ts';
import type { FromRunner, ToRunner } from './messages.ts';
import { Runner } from './runner.ts';

/**
 * Makes this process a runner of the agent that forked it. It lives and dies with its agent: when the channel closes it
 * kills itself at once, whatever its threads are doing. Signals meant for the group (Ctrl-C) are the agent's business.
 */
export function attach(workerFile: string): void {
  if (process.send === undefined) {
    process.stderr.write('runner: found no channel to an agent, expected to be started by `loadcell agent`\n');
    process.exit(64);
  }
  watchLifeline(process.env);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const runner = new Runner({ send, workerFile, end });
  process.on('message', (message) => runner.take(message as ToRunner));
  process.on('disconnect', killSelf);
}

/** Nothing after this call runs. A normal exit in the middle of a native inference would abort with a core dump. */
const killSelf = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

function end(inFlight: number): void {
  if (inFlight > 0) killSelf();
  process.off('disconnect', killSelf);
  process.exit(0);
}

function send(message: FromRunner): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.send?.(message, undefined, {}, (error: Error | null) => (error === null ? resolve() : reject(error)));
  return promise;
}
