import type { ChildProcess } from 'node:child_process';
import { TextTail } from '../agent/text-tail.ts';
import type { MemberExit } from './engine.ts';
import type { Given } from './local-devices.ts';

/** What is kept of an agent's standard error. */
const STDERR_BYTES = 64 * 1024;

/** An agent that this process started, until it ends and after. */
export class LocalMember {
  readonly index: number;
  readonly pid: number;
  /** UUIDs of the devices that it was given; empty: it sees what its parent sees. */
  readonly gpus: readonly string[];
  /** Processors that it is pinned to; empty: it runs on any. */
  readonly cpus: readonly string[];
  readonly #child: ChildProcess;
  readonly #stderr = new TextTail(STDERR_BYTES);
  readonly #ended = Promise.withResolvers<MemberExit>();
  #exit: MemberExit | null = null;

  /** `child` has been spawned: it has a process id. */
  constructor(index: number, child: ChildProcess, pid: number, { gpus, cpus }: Given) {
    this.index = index;
    this.pid = pid;
    this.gpus = gpus;
    this.cpus = cpus;
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    child.on('close', (exitCode, signal) => {
      this.#exit = { index, exitCode, signal, lastLine: this.#stderr.lastLine() };
      this.#ended.resolve(this.#exit);
    });
  }

  /** Null while it runs. */
  get exit(): MemberExit | null {
    return this.#exit;
  }

  get ended(): Promise<MemberExit> {
    return this.#ended.promise;
  }

  /** The end of its standard error. */
  get stderr(): Uint8Array {
    return this.#stderr.bytes();
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#exit === null) this.#child.kill(signal);
  }
}
