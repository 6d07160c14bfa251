import { type ChildProcess, fork } from 'node:child_process';
import { compileCacheEnvironment } from '../../wire/compile-cache.ts';
import { LIFELINE_FD, lifelineStdio } from '../../wire/lifeline.ts';
import { TargetRefused } from './crew.ts';

/** Longest time for a companion to be what it is asked to be. */
const OPEN_MS = 120_000;

type Told = { readonly kind: string };
/** It cannot be what it was asked to be: one sentence for people. */
type Refusal = { readonly kind: 'refused'; readonly message: string };

/**
 * A process that a trial brings along beside its runner, over an IPC channel; it ends with the runner however the runner
 * ends. `name` begins every sentence about it: `serve: the endpoint`.
 */
export class Companion<To extends object, From extends Told> {
  /** How it ended, when it does so by itself: a clause. Never rejects. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor(entry: string, name: string) {
    this.#name = name;
    const stdio: ('ignore' | 'ipc' | number)[] = ['ignore', 'ignore', 'ignore'];
    stdio[LIFELINE_FD] = lifelineStdio(process.env);
    stdio.push('ipc');
    const env = { ...process.env, ...compileCacheEnvironment() };
    this.#child = fork(entry, [], { stdio, serialization: 'advanced', env });
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#child.on('error', (error) => resolve(`cannot be started: ${error.message}`));
    this.#child.on('close', (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
    this.ended = promise;
  }

  /** Tells it something and waits until it says that it is done. @throws TargetRefused */
  async open<K extends From['kind']>(message: To, kind: K): Promise<Extract<From, { readonly kind: K }>> {
    const { promise, resolve, reject } = Promise.withResolvers<Extract<From, { readonly kind: K }>>();
    const late = (): void => reject(new TargetRefused(`${this.#name} did not listen within ${OPEN_MS / 1000} s`));
    const limit = setTimeout(late, OPEN_MS);
    void this.ended.then((how) => reject(new TargetRefused(`${this.#name} ${how}`)));
    this.listen((told) => {
      if (told.kind === kind) resolve(told as Extract<From, { readonly kind: K }>);
      else if (told.kind === 'refused')
        reject(new TargetRefused(`${this.#name.replace(/:.*$/u, '')}: ${(told as unknown as Refusal).message}`));
    });
    this.tell(message);
    try {
      return await promise;
    } finally {
      clearTimeout(limit);
    }
  }

  listen(heard: (told: From) => void): void {
    this.#child.on('message', (told: From) => heard(told));
  }

  tell(message: To): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}
