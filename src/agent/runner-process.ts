import type { ChildProcess, ForkOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LIFELINE_FD, lifelineStdio } from '../wire/lifeline.ts';
import type { FromRunner, ToRunner } from './runner/messages.ts';
import { TextTail } from './text-tail.ts';

/** Starts a Node process with an IPC channel: `fork` of node:child_process. */
export type Fork = (modulePath: string, args: readonly string[], options: ForkOptions) => ChildProcess;

export interface RunnerSource {
  readonly fork: Fork;
  /** The runner's entry file. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface RunnerListener {
  onMessage(message: FromRunner): void;
  /** `how` is a clause: "was ended by SIGSEGV: out of memory". After every message; not told of a runner that was ended or released. */
  onEnd(how: string): void;
}

/** The runner's entry: `.ts` in a checkout, `.js` in a package. */
export const RUNNER_ENTRY = fileURLToPath(
  new URL(`./runner/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

const STDERR_BYTES = 16 * 1024;
/** How long a released runner may take to close its sessions. */
const RELEASE_MS = 5_000;

/** A runner as its agent sees it: one process that serves one trial, or one calibration. */
class RunnerProcess {
  readonly #child: ChildProcess;
  readonly #stderr = new TextTail(STDERR_BYTES);
  #listener: RunnerListener | null = null;
  #ended: string | null = null;

  constructor(source: RunnerSource) {
    const stdio: NonNullable<ForkOptions['stdio']> = ['ignore', 'ignore', 'pipe'];
    stdio[LIFELINE_FD] = lifelineStdio(source.env);
    stdio.push('ipc');
    this.#child = source.fork(source.entry, [], { stdio, serialization: 'advanced', env: { ...source.env } });
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    this.#child.on('message', (message) => this.#listener?.onMessage(message as FromRunner));
    // A send that finds the channel closed: the end itself is told by 'close'.
    this.#child.on('error', (error) => this.#stderr.push(Buffer.from(`${error.message}\n`)));
    this.#child.on('close', (code, signal) => this.#onClose(code, signal));
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get alive(): boolean {
    return this.#ended === null;
  }

  listen(listener: RunnerListener): void {
    this.#listener = listener;
    const how = this.#ended;
    if (how !== null) queueMicrotask(() => this.#listener?.onEnd(how));
  }

  tell(message: ToRunner): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  end(): void {
    this.#listener = null;
    if (this.alive) this.#child.kill('SIGKILL');
  }

  release(): void {
    this.#listener = null;
    const timer = setTimeout(() => this.end(), RELEASE_MS);
    timer.unref();
    this.#child.once('close', () => clearTimeout(timer));
  }

  #onClose(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
    const line = this.#stderr.lastLine();
    this.#ended = line === '' ? how : `${how}: ${line}`;
    this.#listener?.onEnd(this.#ended);
  }
}

/**
 * The runners of one agent: the one that serves, and one started ahead, so that no trial waits for a process to load.
 * The spare is started only while nothing is measured.
 */
export class Runners {
  #source: RunnerSource;
  #serving: RunnerProcess | null = null;
  #spare: RunnerProcess | null = null;

  constructor(source: RunnerSource) {
    this.#source = source;
  }

  /** Process of the one that serves; null: none does. */
  get servingPid(): number | null {
    return this.#serving?.pid ?? null;
  }

  /** Runners that are started from now on find these in their environment: one that was started ahead does not. */
  equip(env: Readonly<Record<string, string>>): void {
    this.#source = { ...this.#source, env: { ...this.#source.env, ...env } };
    this.#spare?.end();
    this.#spare = null;
  }

  /** Starts a spare unless there is one. */
  prepareSpare(): void {
    if (this.#spare === null || !this.#spare.alive) this.#spare = new RunnerProcess(this.#source);
  }

  /** A fresh runner serves from now on; the one before it is ended. */
  serve(message: ToRunner, listener: RunnerListener): void {
    this.#serving?.end();
    this.prepareSpare();
    this.#serving = this.#spare;
    this.#spare = null;
    this.#serving?.listen(listener);
    this.#serving?.tell(message);
  }

  tell(message: ToRunner): void {
    this.#serving?.tell(message);
  }

  /** SIGKILL to the one that serves; nothing is heard of it any more. */
  endServing(): void {
    this.#serving?.end();
    this.#serving = null;
  }

  /** The one that serves has said its last word; it ends by itself, or is ended after 5 s. */
  releaseServing(): void {
    this.#serving?.release();
    this.#serving = null;
  }

  endAll(): void {
    this.endServing();
    this.#spare?.end();
    this.#spare = null;
  }
}
