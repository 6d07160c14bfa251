import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { ModelError } from '../models/model-error.ts';
import { onDeviceOf, visibleDevices } from '../targets/devices.ts';
import { compileCacheEnvironment } from '../wire/compile-cache.ts';
import { assembled, type Inputs, splitOutputs, UnsplitOutput } from './run-assembly.ts';
import type { Places, RunEnd } from './scheduler.ts';
import type { FromSession, SessionFacts, SessionRefusal, SessionTask, ToSession } from './session-task.ts';
import type { Signature } from './signature.ts';
import { padded, type RunAnswer, type TaskAnswer } from './task.ts';

type TransferList = NonNullable<
  NonNullable<Parameters<Piscina<SessionTask, SessionRefusal | null>['run']>[1]>['transferList']
>;

export interface PoolSpec extends Omit<SessionTask, 'port'> {
  readonly workers: number;
  readonly signature: Signature;
  /** Path of the module whose default export every thread calls with a {@link SessionTask}. */
  readonly workerFile: string;
}

interface Errand {
  readonly runs: readonly (readonly Inputs[])[];
  readonly ended: (ends: readonly RunEnd[]) => void;
}

interface Member {
  readonly port: MessagePort;
  errand: Errand | null;
}

/**
 * Threads with a session each: a pool of fixed size with one long task per thread, to which runs are sent with their
 * buffers. A thread that is inside a native inference must never be terminated: that aborts the process. See {@link end}.
 */
export class SessionPool implements Places {
  readonly count: number;
  /** Resolves with the facts of the slowest start; rejects with a ModelError when a session cannot be opened. */
  readonly opened: Promise<SessionFacts>;
  /** Rejects when a thread ends without having been told to. */
  readonly broken: Promise<never>;
  readonly #pool: Piscina<SessionTask, SessionRefusal | null>;
  readonly #members: Member[] = [];
  readonly #idle: Member[] = [];
  readonly #signature: Signature;
  readonly #tasks: Promise<void>[] = [];
  #isEnding = false;
  #id = 0;

  constructor(spec: PoolSpec) {
    this.count = spec.workers;
    this.#signature = spec.signature;
    this.#pool = new Piscina<SessionTask, SessionRefusal | null>({
      filename: spec.workerFile,
      minThreads: spec.workers,
      maxThreads: spec.workers,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      workerHistogram: false,
      env: { ...process.env, ...compileCacheEnvironment() },
    });
    const { promise, reject } = Promise.withResolvers<never>();
    this.broken = promise;
    this.broken.catch(() => {});
    this.opened = Promise.all(Array.from({ length: spec.workers }, () => this.#enlist(spec, reject))).then(slowest);
    this.opened.catch(() => {});
  }

  get idle(): number {
    return this.#idle.length;
  }

  start(runs: readonly (readonly Inputs[])[], ended: (ends: readonly RunEnd[]) => void): void {
    const member = this.#idle.pop();
    if (member === undefined) throw new Error('no session is idle');
    member.errand = { runs, ended };
    const { buffer, runs: shapes } = assembled(runs);
    const task: ToSession = { id: this.#id++, buffer, runs: shapes };
    member.port.postMessage(task, [buffer]);
  }

  /** Lets every session finish what it was given, and ends the threads. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const end: ToSession = 'end';
    for (const { port } of this.#members) port.postMessage(end);
    await Promise.allSettled(this.#tasks);
    for (const { port } of this.#members) port.close();
    await this.#pool.destroy();
  }

  #enlist(spec: PoolSpec, broken: (error: Error) => void): Promise<SessionFacts> {
    const { port1, port2 } = new MessageChannel();
    const member: Member = { port: port1, errand: null };
    this.#members.push(member);
    const { batch, origin } = spec;
    const served = onDeviceOf(spec.served, this.#members.length - 1, visibleDevices(process.env));
    const task: SessionTask = { served, batch, origin, port: port2 };
    return new Promise((resolve, reject) => {
      port1.on('message', (message: FromSession) => {
        switch (message.kind) {
          case 'opened':
            this.#idle.push(member);
            resolve(message.facts);
            break;
          case 'answer':
            this.#answered(member, message);
        }
      });
      const life = this.#pool.run(task, { transferList: transferring(port2) });
      const left = (why: string): void => {
        const error = new Error(`a session's thread ended: ${why}`);
        reject(error);
        if (!this.#isEnding) broken(error);
      };
      this.#tasks.push(
        life.then(
          (refusal) => {
            if (refusal === null) left('it was not told to');
            else reject(new ModelError(refusal.code, refusal.message));
          },
          (error: unknown) => left(String(error)),
        ),
      );
    });
  }

  #answered(member: Member, { buffer, runs }: TaskAnswer): void {
    const { errand } = member;
    if (errand === null) return;
    member.errand = null;
    this.#idle.push(member);
    let at = 0;
    const ends = runs.map((run, index) => {
      const end = this.#endOf(run, buffer, at, errand.runs[index] ?? []);
      if (run.ok) at = run.lengths.reduce((sum, length) => sum + padded(length), at);
      return end;
    });
    errand.ended(ends);
  }

  #endOf(run: RunAnswer, buffer: ArrayBuffer, at: number, members: readonly Inputs[]): RunEnd {
    if (!run.ok) return run;
    try {
      return { ok: true, outputs: splitOutputs(this.#signature.outputs, run, buffer, at, members), compute: run };
    } catch (error) {
      if (error instanceof UnsplitOutput) return { ok: false, blame: 'batching', message: error.message };
      throw error;
    }
  }
}

/** piscina takes its type from the last overload of `postMessage`, which is not the one with a transfer list. */
const transferring = (port: MessagePort): TransferList => [port] as unknown as TransferList;

const slowest = (facts: readonly SessionFacts[]): SessionFacts =>
  facts.reduce((most, each) =>
    each.sessionMs + each.firstInferenceMs > most.sessionMs + most.firstInferenceMs ? each : most,
  );
