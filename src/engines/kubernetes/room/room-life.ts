import type { ChildProcess } from 'node:child_process';
import { END_WARNING_S } from '../../inside-place.ts';
import type { RoomState } from './room-talk.ts';

export interface RoomTimes {
  /** How long the coordinator may stay, from its start on. */
  readonly stayMs: number;
  /** How long its results stay after its end. */
  readonly keepMs: number;
  /** How long nobody may hand anything over before it starts. */
  readonly idleMs: number;
}

/** Why a room is left. */
export type RoomEnd = 'nobody handed over a run' | 'results were kept as long as they are' | 'told to end';

/** The longest that a timer takes. */
const MOST_MS = 2 ** 31 - 1;
const WARNING_MS = 1000 * END_WARNING_S;

/**
 * The life of a room: it waits for its bundle, its coordinator runs, once, and its results stay for a while. `start` starts the
 * coordinator at the head of a process group of its own.
 */
export class RoomLife {
  readonly #start: () => ChildProcess;
  readonly #times: RoomTimes;
  readonly #over = Promise.withResolvers<RoomEnd>();
  readonly #done = Promise.withResolvers<void>();
  readonly #timers: NodeJS.Timeout[] = [];
  #coordinator: ChildProcess | null = null;
  #phase: RoomState['phase'] = 'waiting';
  #isDrained = false;
  /** No coordinator is started any more. */
  #isClosed = false;

  constructor(start: () => ChildProcess, times: RoomTimes) {
    this.#start = start;
    this.#times = times;
    this.touch();
  }

  get phase(): RoomState['phase'] {
    return this.#phase;
  }

  /** Resolves when nothing is to come any more. */
  get over(): Promise<RoomEnd> {
    return this.#over.promise;
  }

  /** Somebody is handing over. */
  touch(): void {
    if (this.#phase === 'waiting') this.#only(this.#times.idleMs, () => this.#over.resolve('nobody handed over a run'));
  }

  /** Starts the coordinator, unless it was. */
  begin(): void {
    if (this.#phase !== 'waiting' || this.#isClosed) return;
    this.#phase = 'running';
    const { stayMs } = this.#times;
    this.#only(stayMs, () => void this.abort());
    this.#after(Math.max(stayMs - WARNING_MS, stayMs / 2), () => this.drain());
    this.#coordinator = this.#start();
    // One that could not be started says so by an error alone.
    this.#coordinator.once('error', () => this.#ended());
    this.#coordinator.once('close', () => this.#ended());
  }

  /** Once: a second time would end it at once. */
  drain(): void {
    if (this.#isDrained || this.#phase !== 'running') return;
    this.#isDrained = true;
    this.#coordinator?.kill('SIGTERM');
  }

  /** Resolves once it has ended. What it started beside its group ends as its pipes close. */
  async abort(): Promise<void> {
    const pid = this.#coordinator?.pid;
    if (this.#phase !== 'running' || pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
    await this.#done.promise;
  }

  /**
   * The room is being taken away, and somebody may want what is in it: its coordinator drains, and what it left can be
   * fetched as long as the pod is let be.
   */
  drainAndStay(): void {
    this.#isClosed = true;
    if (this.#phase === 'waiting') this.#over.resolve('told to end');
    else this.drain();
  }

  /** Nobody wants anything that is in the room: what runs there is ended at once. */
  async leave(): Promise<void> {
    this.#isClosed = true;
    await this.abort();
    this.#over.resolve('told to end');
  }

  #ended(): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#done.resolve();
    this.#only(this.#times.keepMs, () => this.#over.resolve('results were kept as long as they are'));
  }

  /** In place of whatever else was due. */
  #only(ms: number, then: () => void): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    this.#after(ms, then);
  }

  #after(ms: number, then: () => void): void {
    this.#timers.push(setTimeout(then, Math.min(Math.max(0, ms), MOST_MS)));
  }
}
