import type { Tensor } from '../oip/tensor.ts';
import type { Clock, WallClock } from '../time/clock.ts';
import { NS_PER_MS, NS_PER_S, type Ns, ns } from '../time/ns.ts';
import { type Batching, BatchQueue, type QueueLimits, type Waiting } from './batch-queue.ts';
import { Refusal } from './refusal.ts';
import type { Inputs } from './run-assembly.ts';
import type { ComputeNs, ServingRecord } from './serving-record.ts';

/**
 * How one run of the model went: outputs for each of its requests, or why there are none. `batching`: the model gave outputs of
 * which nobody can say whose rows are whose.
 */
export type RunEnd =
  | { readonly ok: true; readonly outputs: readonly (readonly Tensor[])[]; readonly compute: ComputeNs }
  | { readonly ok: false; readonly blame: 'request' | 'endpoint' | 'batching'; readonly message: string };

/** Places where the model runs. Each does the runs that it is given one after the other. */
export interface Places {
  readonly count: number;
  /** How many have nothing to do. */
  readonly idle: number;
  /** Gives runs to an idle place; `ended` is called once, with an end for each. */
  start(runs: readonly (readonly Inputs[])[], ended: (ends: readonly RunEnd[]) => void): void;
}

/** Calls back once, some time after `delayNs`; the returned function calls it off. */
export type Timer = (delayNs: Ns, happen: () => void) => () => void;

/** A request that fits the model. */
export interface Submission extends Inputs {
  readonly key: string;
  readonly bytes: number;
  readonly arrivedAt: Ns;
  /** When its time runs out; null: never. */
  readonly deadline: Ns | null;
}

/** Told exactly once: the outputs, or a refusal. */
export type Settle = (end: Outputs | Refusal) => void;

export interface Outputs {
  readonly outputs: readonly Tensor[];
  /** How long the request waited for a place. */
  readonly queuedNs: Ns;
  /** How long its run took, that of all requests in it. */
  readonly computeNs: Ns;
}

interface Job extends Submission, Waiting {
  readonly settle: Settle;
}

/** Calls back once, when what has arrived together with this has been taken in too. */
export type Soon = (happen: () => void) => void;

export interface SchedulerParts {
  readonly clock: Clock;
  readonly wall: WallClock;
  readonly after: Timer;
  readonly soon: Soon;
  readonly places: Places;
  readonly record: ServingRecord;
  readonly limits: QueueLimits;
  readonly batching: Batching | null;
  /** Told once why requests share no runs any more. */
  readonly unbatched: (why: string) => void;
}

/** Work that is worth one hand-over to another thread: below it, several runs are handed over together. */
const HANDOVER_NS = 200_000;
const MOST_RUNS = 16;
/** Weight of the newest run in the running mean of a run's time. */
const NEWEST = 0.1;

/**
 * Brings waiting requests and idle places together. A request whose time has run out never reaches the model. Runs that
 * fail as a batch are done again one by one, so that nobody pays for another's mistake. Once the outputs of a batch cannot be
 * told apart no more are made: the next ones might only seem to be.
 *
 * Runs on any clock: time, timers and places are arguments.
 */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #queue: BatchQueue<Job>;
  /** Requests of a failed batch, to be run alone, before all others. */
  readonly #again: Job[] = [];
  #inCompute = 0;
  #isTurnDue = false;
  #runNs = 0;
  #callOff: () => void = () => {};
  #wakeAt: Ns | null = null;
  readonly #idle: (() => void)[] = [];

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#queue = new BatchQueue(parts.limits, parts.batching);
  }

  get waiting(): number {
    return this.#queue.requests + this.#again.length;
  }

  get inCompute(): number {
    return this.#inCompute;
  }

  /** Takes a request in. The returned function withdraws it, as long as it waits. */
  submit(submission: Submission, settle: Settle): () => void {
    const job: Job = { ...submission, queuedAt: this.#parts.clock.now(), settle };
    if (this.#queue.offer(job) === 'full') {
      const { requests, bytes } = this.#queue;
      const held = `${requests} requests of ${bytes} bytes wait already`;
      settle(new Refusal('full', `the queue is full: ${held}; try again later`, this.#retryAfterS()));
      return () => {};
    }
    this.#turnSoon();
    return () => {
      if (!this.#queue.remove(job) && this.#takeAgain((other) => other === job).length === 0) return;
      settle(this.#whyWithdrawn(job));
      this.#settled();
    };
  }

  /** Resolves when nothing waits and nothing runs. */
  drained(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Refuses everything that waits. */
  abandon(refusal: Refusal): void {
    for (const job of [...this.#queue.clear(), ...this.#again.splice(0)]) job.settle(refusal);
    this.#settled();
  }

  #isIdle(): boolean {
    return this.waiting === 0 && this.#inCompute === 0;
  }

  #settled(): void {
    if (this.#isIdle()) for (const tell of this.#idle.splice(0)) tell();
  }

  /** How long the queue takes at the pace of late, whole seconds. */
  #retryAfterS(): number {
    const aheadNs = (this.waiting * this.#runNs) / this.#parts.places.count;
    return Math.max(1, Math.ceil(aheadNs / NS_PER_S));
  }

  /** Requests that arrive together are handed over together: waking a thread costs more than a small model's run. */
  #turnSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    this.#parts.soon(() => {
      this.#isTurnDue = false;
      this.#turn();
    });
  }

  /** Gives idle places what is due, and sees to it that it is called again in time. */
  #turn(): void {
    const now = this.#parts.clock.now();
    this.#expire(now);
    let until: Ns | null = null;
    while (this.#parts.places.idle > 0) {
      const runs = this.#dueRuns(now);
      if (runs.kind === 'none') {
        until = runs.until;
        break;
      }
      this.#start(runs.runs, now);
    }
    this.#wake(earlier(until, this.#queue.earliestDeadline), now);
  }

  /** Whoever watches the same deadline with a timer of whole milliseconds may be the first to see it over. */
  #whyWithdrawn({ deadline }: Job): Refusal {
    const isOver = deadline !== null && deadline - this.#parts.clock.now() < NS_PER_MS;
    return isOver ? OUT_OF_TIME : new Refusal('cancelled', 'the client went away');
  }

  /** Takes out of those that are to be run alone. */
  #takeAgain(isTaken: (job: Job) => boolean): readonly Job[] {
    if (this.#again.length === 0) return [];
    const taken = this.#again.filter(isTaken);
    for (const job of taken) this.#again.splice(this.#again.indexOf(job), 1);
    return taken;
  }

  #expire(now: Ns): void {
    const isOver = ({ deadline }: Job): boolean => deadline !== null && deadline <= now;
    const expired = [...this.#queue.expire(now), ...this.#takeAgain(isOver)];
    for (const job of expired) job.settle(OUT_OF_TIME);
    if (expired.length > 0) this.#settled();
  }

  /** As many runs as are worth one hand-over, but no more than leave the other idle places their share. */
  #dueRuns(now: Ns): { kind: 'some'; runs: Job[][] } | { kind: 'none'; until: Ns | null } {
    const worth = this.#runNs === 0 ? 1 : Math.max(1, Math.floor(HANDOVER_NS / this.#runNs));
    const share = Math.ceil(this.waiting / this.#parts.places.idle);
    const most = Math.max(1, Math.min(MOST_RUNS, worth, share));
    const runs: Job[][] = this.#again.splice(0, most).map((job) => [job]);
    while (runs.length < most) {
      const next = this.#queue.next(now);
      if (next.kind === 'run') runs.push([...next.members]);
      else if (runs.length === 0) return { kind: 'none', until: next.until };
      else break;
    }
    return { kind: 'some', runs };
  }

  #start(runs: readonly (readonly Job[])[], startedAt: Ns): void {
    for (const members of runs) this.#inCompute += members.length;
    this.#parts.places.start(runs, (ends) => {
      for (const [index, members] of runs.entries()) this.#ended(members, ends[index] as RunEnd, startedAt);
      this.#turn();
      this.#settled();
    });
  }

  #ended(members: readonly Job[], end: RunEnd, startedAt: Ns): void {
    this.#inCompute -= members.length;
    if (end.ok) {
      const { record, wall } = this.#parts;
      const { compute } = end;
      const runNs = compute.inputNs + compute.inferNs + compute.outputNs;
      this.#runNs = this.#runNs === 0 ? runNs : this.#runNs + NEWEST * (runNs - this.#runNs);
      record.ran(
        members.reduce((sum, { samples }) => sum + samples, 0),
        compute,
      );
      const now = this.#parts.clock.now();
      const wallMs = wall.nowMs();
      for (const [index, job] of members.entries()) {
        const queuedNs = ns(startedAt - job.queuedAt);
        record.answered(job.samples, ns(now - job.arrivedAt), queuedNs, compute, wallMs);
        job.settle({ outputs: end.outputs[index] ?? [], queuedNs, computeNs: ns(runNs) });
      }
    } else if (members.length > 1) {
      if (end.blame === 'batching' && this.#queue.endBatching()) this.#parts.unbatched(end.message);
      this.#again.push(...members);
    } else {
      const code = end.blame === 'request' ? 'invalid' : 'failed';
      members[0]?.settle(new Refusal(code, end.message));
    }
  }

  #wake(at: Ns | null, now: Ns): void {
    if (at === this.#wakeAt) return;
    this.#callOff();
    this.#wakeAt = at;
    this.#callOff =
      at === null
        ? () => {}
        : this.#parts.after(ns(Math.max(0, at - now)), () => {
            this.#wakeAt = null;
            this.#turn();
          });
  }
}

const OUT_OF_TIME = new Refusal('deadline', 'the time of the request ran out before the model began with it');

const earlier = (a: Ns | null, b: Ns | null): Ns | null => (a === null ? b : b === null ? a : ns(Math.min(a, b)));
