import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { TargetFacts } from '../../targets/target.ts';
import { toMilliseconds, toSeconds } from '../../time/ns.ts';
import { compileCacheEnvironment } from '../../wire/compile-cache.ts';
import type { TrialSpec } from '../../wire/trial-spec.ts';
import type { FailureKinds } from './failure-kinds.ts';
import type { PlaceDeal } from './place-deal.ts';
import type { TrialMemory } from './trial-memory.ts';
import type { FromWorker, WorkerTask } from './worker-task.ts';

/** The target would not open, or met an input that it cannot serve: one sentence for people. */
export class TargetRefused extends Error {}

/** The target was exchanged while it was measured: one sentence for people. */
export class TargetChanged extends Error {}

/** A campaign's own code ended the thread that it ran on: one sentence for people. */
export class ThreadEnded extends Error {}

/** What the workers of one trial are started with. */
export interface CrewSpec {
  readonly trial: TrialSpec;
  readonly deal: PlaceDeal;
  readonly memory: TrialMemory;
  /** The node's monotonic clock at zero of the runner's time line. */
  readonly origin: bigint;
  /** Path of the module whose default export every thread calls with a {@link WorkerTask}. */
  readonly workerFile: string;
}

interface Member {
  readonly port: MessagePort;
  facts: TargetFacts | null;
  hasEnded: boolean;
}

/**
 * The workers of one trial: a pool of fixed size with one task each, as long as the trial.
 *
 * A thread that is inside a native inference must never be terminated: that aborts the process. See {@link disband}.
 */
export class Crew {
  /** Every worker's target is open and its code is warm. Facts are those of the slowest start. */
  readonly opened: Promise<TargetFacts>;
  /** Resolves when all workers have left, rejects when one breaks. */
  readonly ended: Promise<void>;
  readonly #pool: Piscina<WorkerTask, void>;
  readonly #members: Member[] = [];
  readonly #kinds: FailureKinds;
  readonly #opening = Promise.withResolvers<TargetFacts>();
  #refusal: TargetRefused | null = null;
  #change: TargetChanged | null = null;

  constructor(spec: CrewSpec, kinds: FailureKinds) {
    const { workers } = spec.deal;
    this.#kinds = kinds;
    this.opened = this.#opening.promise;
    this.#pool = new Piscina<WorkerTask, void>({
      filename: spec.workerFile,
      minThreads: workers,
      maxThreads: workers,
      concurrentTasksPerWorker: 1,
      recordTiming: false,
      workerHistogram: false,
      env: { ...process.env, ...compileCacheEnvironment() },
    });
    this.ended = Promise.all(Array.from({ length: workers }, (_, worker) => this.#enlist(worker, spec))).then(() => {});
    this.ended.catch(this.#opening.reject);
    this.#limitOpening(spec.trial);
  }

  hasEnded(worker: number): boolean {
    return (this.#members[worker] as Member).hasEnded;
  }

  /** What the first worker found that saw the target exchanged, once all have ended; null: none did. */
  get change(): TargetChanged | null {
    for (let worker = 0; worker < this.#members.length; worker++) this.hear(worker);
    return this.#change;
  }

  /** Workers that have not ended. */
  get stillThere(): number {
    let count = 0;
    for (const { hasEnded } of this.#members) if (!hasEnded) count++;
    return count;
  }

  /** Takes in what a worker has told by now: whatever it told before it wrote a record that was read. */
  hear(worker: number): void {
    const { port } = this.#members[worker] as Member;
    for (let heard = receiveMessageOnPort(port); heard !== undefined; heard = receiveMessageOnPort(port)) {
      this.#take(worker, heard.message);
    }
  }

  /** Ends the threads. Only when none is inside its target. */
  async disband(): Promise<void> {
    for (const { port } of this.#members) port.close();
    await this.#pool.destroy();
  }

  /** A campaign's own code may never come back from opening, even on a thread that hears nothing any more. */
  #limitOpening({ target }: TrialSpec): void {
    if (target.kind !== 'custom') return;
    const { module, openWithinNs } = target;
    const message = `custom target ${module.name}: was not open and had no first answer within ${toSeconds(openWithinNs)} s (openWithin)`;
    const timer = setTimeout(() => this.#opening.reject(new TargetRefused(message)), toMilliseconds(openWithinNs));
    const settled = (): void => clearTimeout(timer);
    this.opened.then(settled, settled);
  }

  async #enlist(worker: number, { trial, deal, memory, origin }: CrewSpec): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const member: Member = { port: port1, facts: null, hasEnded: false };
    this.#members.push(member);
    port1.on('message', (message: FromWorker) => this.#take(worker, message));
    const task: WorkerTask = { worker, places: deal.of(worker), spec: trial, origin, memory, port: port2 };
    try {
      await this.#pool.run(task, { transferList: transferring(port2) }).catch((error) => {
        throw endOfThread(trial, member, error);
      });
    } catch (error) {
      this.hear(worker);
      throw this.#refusal ?? error;
    }
    member.hasEnded = true;
  }

  #take(worker: number, message: FromWorker): void {
    switch (message.kind) {
      case 'opened': {
        (this.#members[worker] as Member).facts = message.facts;
        const facts = this.#members.map((member) => member.facts).filter((each) => each !== null);
        if (facts.length === this.#members.length) this.#opening.resolve(slowestStart(facts));
        return;
      }
      case 'refused':
        this.#refusal ??= new TargetRefused(message.message);
        this.#opening.reject(this.#refusal);
        return;
      case 'changed':
        this.#change ??= new TargetChanged(message.message);
        return;
      case 'failure':
        this.#kinds.define(worker, message.number, message.failure);
    }
  }
}

/** Code that a campaign brought along may end its thread (process.exit, an error outside of every request). */
function endOfThread({ target }: TrialSpec, { facts }: Member, error: unknown): unknown {
  if (target.kind !== 'custom') return error;
  const why = error instanceof Error ? error.message : String(error);
  const code = `custom target ${target.module.name}`;
  return facts === null
    ? new TargetRefused(`${code}: ended its thread before it was open: ${why}`)
    : new ThreadEnded(`${code}: ended its thread while the trial ran: ${why}`);
}

type TransferList = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>;

/** piscina takes its type from the last overload of `postMessage`, which is not the one with a transfer list. */
const transferring = (port: MessagePort): TransferList => [port] as unknown as TransferList;

const startMs = ({ start }: TargetFacts): number => start.sessionMs + start.firstInferenceMs;

/** Facts of the slowest start; its session is told by the worker that also knows where its nodes ran, an audit by the one that made it. */
function slowestStart(facts: readonly TargetFacts[]): TargetFacts {
  const slowest = facts.reduce((most, each) => (startMs(each) > startMs(most) ? each : most));
  const session = facts.find((each) => each.session?.nodes !== undefined)?.session;
  const endpoint = facts.find((each) => each.endpoint?.repeats !== undefined)?.endpoint;
  return { ...slowest, ...(session === undefined ? {} : { session }), ...(endpoint === undefined ? {} : { endpoint }) };
}
