import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TextTail } from '../agent/text-tail.ts';
import type { FromCoordinator, RunRequest, ToCoordinator } from '../coordinator/supervision.ts';
import { EXIT_CODES } from '../verdict/exit-code.ts';
import { compileCacheEnvironment } from '../wire/compile-cache.ts';
import { LIFELINE_FD, lifelineEnvironment } from '../wire/lifeline.ts';
import { Guard } from './guard.ts';
import { type ProcessGroup, processGroup } from './process-group.ts';

export interface SupervisorOptions {
  /** `spawn` of node:child_process. */
  readonly spawn: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where SIGINT, SIGTERM and SIGHUP arrive: `process`. */
  readonly signals: Pick<NodeJS.Process, 'on' | 'off'>;
  /** The coordinator's entry; by default the program's own. */
  readonly entry?: string;
  /** The coordinator's arguments; by default none. */
  readonly arguments?: readonly string[];
  /** Milliseconds between two looks whether the coordinator is stopped; by default a second. */
  readonly stoppedLookMs?: number;
}

/** How a supervised run ended, and the exit code that says so. */
export type SupervisedEnd =
  | { readonly kind: 'finished'; readonly exitCode: number; readonly result: Finished }
  /** One sentence for people. */
  | { readonly kind: 'failed'; readonly exitCode: number; readonly message: string };

type Finished = Extract<FromCoordinator, { kind: 'finished' }>;
type Failed = Extract<FromCoordinator, { kind: 'failed' }>;
type OnProgress = (event: Extract<FromCoordinator, { kind: 'progress' }>['event']) => void;
type Interrupt = Extract<ToCoordinator, { kind: 'interrupt' }>['signal'];

const COORDINATOR_ENTRY = fileURLToPath(
  new URL(`../coordinator/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

const STDERR_BYTES = 64 * 1024;
/** How long a coordinator that has said its last word, or been told to end, may take to end. */
const LEAVE_MS = 1_000;
/** How long SIGKILL may take to be seen. */
const GONE_MS = 2_000;
const LOOK_EVERY_MS = 5;
/**
 * How often a look is taken whether the coordinator is stopped, and how many looks in a row may find it so: beyond the 15 s
 * of a lease its agents have ended by themselves.
 */
const STOPPED_LOOK_MS = 1_000;
const STOPPED_LOOKS = 20;

/**
 * Starts the coordinator in a process group of its own and answers for the group: whatever dies, and however, no
 * process of it outlives this one. Made before the plan is, so that the coordinator loads meanwhile.
 *
 * The first SIGINT or SIGTERM interrupts the run, which drains and is written; the second ends it at once. SIGHUP ends
 * nothing.
 */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #child: ChildProcess;
  readonly #group: ProcessGroup | null;
  readonly #guard: Guard | null;
  readonly #stderr = new TextTail(STDERR_BYTES);
  readonly #gone = Promise.withResolvers<void>();
  #request: RunRequest | null = null;
  #onProgress: OnProgress = ignore;
  #lastWord: Finished | Failed | null = null;
  #interruptedBy: Interrupt | null = null;
  #urgency: 'none' | 'at-once' = 'none';
  #trouble = '';
  #isCleared = false;
  #stoppedLooks = 0;
  readonly #stoppedWatch: NodeJS.Timeout;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const stdio: ('ignore' | 'pipe' | 'ipc')[] = ['ignore', 'ignore', 'pipe'];
    stdio[LIFELINE_FD] = 'pipe';
    this.#child = options.spawn(process.execPath, [options.entry ?? COORDINATOR_ENTRY, ...(options.arguments ?? [])], {
      detached: true,
      stdio: [...stdio, 'ipc'],
      serialization: 'advanced',
      env: { ...options.env, ...lifelineEnvironment(), ...compileCacheEnvironment() },
    });
    const { pid } = this.#child;
    this.#group = pid === undefined ? null : processGroup(pid);
    this.#guard = pid === undefined ? null : new Guard(options.spawn, pid);
    this.#stoppedWatch = setInterval(() => this.#lookWhetherStopped(), options.stoppedLookMs ?? STOPPED_LOOK_MS);
    this.#listen();
    options.signals.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal).on('SIGHUP', ignore);
  }

  /** Has the coordinator carry out the run. Resolves when nothing of the group is left. */
  async run(request: RunRequest, onProgress: OnProgress): Promise<SupervisedEnd> {
    this.#request = request;
    this.#onProgress = onProgress;
    if (this.#interruptedBy === null) this.#tell({ kind: 'run', run: request });
    await this.#gone.promise;
    await this.#clear();
    return this.#verdict(request);
  }

  /** Nobody has a use for the run any more: it ends at once, as after a second interrupt. */
  abandon(): void {
    this.#group?.kill('SIGKILL');
  }

  /** There will be no run: ends the coordinator. Does nothing after a run. */
  async dismiss(): Promise<void> {
    if (this.#isCleared) return;
    this.#group?.kill('SIGKILL');
    await this.#gone.promise;
    await this.#clear();
  }

  #listen(): void {
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr.push(chunk);
      if (this.#options.env.LOADCELL_DEBUG === '1') process.stderr.write(chunk);
    });
    this.#child.on('message', (message) => this.#onMessage(message as FromCoordinator));
    this.#child.on('error', (error) => {
      this.#trouble = error.message;
      if (this.#group === null) this.#gone.resolve();
    });
    this.#child.on('exit', () => void this.#onExit());
  }

  #onMessage(message: FromCoordinator): void {
    if (message.kind === 'progress') this.#onProgress(message.event);
    if (message.kind !== 'finished' && message.kind !== 'failed') return;
    this.#lastWord = message;
    // Its work is done: what does not leave by itself is ended.
    setTimeout(() => this.#group?.kill('SIGKILL'), LEAVE_MS).unref();
  }

  /** Nothing that it started is of use without it. What it said before is still heard. */
  async #onExit(): Promise<void> {
    this.#group?.kill('SIGKILL');
    if (this.#child.connected) {
      await Promise.race([new Promise((resolve) => this.#child.once('disconnect', resolve)), delay(LEAVE_MS)]);
    }
    this.#gone.resolve();
  }

  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#interruptedBy === null && this.#request !== null) {
      this.#interruptedBy = signal as Interrupt;
      this.#tell({ kind: 'interrupt', signal: this.#interruptedBy });
      return;
    }
    this.#interruptedBy ??= signal as Interrupt;
    this.#urgency = 'at-once';
    this.#group?.kill('SIGKILL');
  };

  /** A coordinator that stays stopped would keep everybody waiting for ever. */
  #lookWhetherStopped(): void {
    this.#stoppedLooks = this.#group?.isStopped() === true ? this.#stoppedLooks + 1 : 0;
    if (this.#stoppedLooks >= STOPPED_LOOKS) this.#group?.kill('SIGKILL');
  }

  #tell(message: ToCoordinator): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Waits until no member of the group is left, and lets go of everything that holds this process. */
  async #clear(): Promise<void> {
    clearInterval(this.#stoppedWatch);
    for (let waited = 0; this.#group?.isAlive() === true && waited < GONE_MS; waited += LOOK_EVERY_MS) {
      await delay(LOOK_EVERY_MS);
    }
    await this.#guard?.dismiss();
    const { signals } = this.#options;
    signals.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal).off('SIGHUP', ignore);
    for (const stream of this.#child.stdio) stream?.destroy();
    if (this.#child.connected) this.#child.disconnect();
    this.#isCleared = true;
  }

  #verdict(request: RunRequest): SupervisedEnd {
    const said = this.#lastWord;
    if (said?.kind === 'finished') {
      const exitCode = this.#interruptedBy === null ? said.exitCode : EXIT_CODES.interrupted.code;
      return { kind: 'finished', exitCode, result: said };
    }
    if (said?.kind === 'failed') return { kind: 'failed', exitCode: said.exitCode, message: said.message };
    const kept = whatIsKept(request);
    if (this.#urgency === 'at-once') {
      const message = `ended at once by ${this.#interruptedBy}; ${kept}`;
      return { kind: 'failed', exitCode: EXIT_CODES.interrupted.code, message };
    }
    return { kind: 'failed', exitCode: EXIT_CODES['own-fault'].code, message: `${this.#death()}; ${kept}` };
  }

  #death(): string {
    const { exitCode, signalCode } = this.#child;
    const line = this.#stderr.lastLine();
    const how =
      this.#group === null
        ? `could not be started: ${this.#trouble}`
        : this.#stoppedLooks >= STOPPED_LOOKS
          ? `was stopped (SIGSTOP) and did not go on for ${STOPPED_LOOKS} s, so it was ended`
          : signalCode === null
            ? `ended with exit code ${exitCode} before the run was over`
            : `was ended by ${signalCode} before the run was over`;
    return `the coordinator ${how}${line === '' ? '' : `: ${line}`}`;
  }
}

const ignore = (): void => {};

function whatIsKept({ resultsDir, runId }: RunRequest): string {
  const journal = join(resultsDir, runId, 'journal');
  return existsSync(journal)
    ? `everything that was acknowledged is in ${journal}; go on with it: loadcell run --resume ${join(resultsDir, runId)}`
    : 'it had not begun to record, so there is nothing to keep';
}
