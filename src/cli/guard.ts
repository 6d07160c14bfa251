import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;

/** Waits for a line; when the pipe ends without one, whoever held it is dead: the group goes too. */
const SCRIPT = 'IFS= read -r line || kill -s KILL -- "-$1"';

/**
 * A tiny process outside the group that outlives the supervisor by one system call: when the supervisor dies without a
 * word, it kills the group. The lifeline needs one member that runs; this helps when every one of them is stopped.
 */
export class Guard {
  readonly #child: ChildProcess;

  constructor(spawn: Spawn, groupId: number) {
    this.#child = spawn('/bin/sh', ['-c', SCRIPT, 'loadcell-guard', String(groupId)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    // Without a shell there is no guard; the lifeline is there all the same.
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    this.#child.unref();
  }

  /** The group is gone: resolves once the guard has left too. */
  async dismiss(): Promise<void> {
    const { pid, exitCode, signalCode, stdin } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const left = once(this.#child, 'exit');
    this.#child.ref();
    stdin?.end('done\n');
    await left;
  }
}
