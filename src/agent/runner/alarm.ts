/**
 * Wakes threads that must not stand still. A thread with sockets cannot sleep in `Atomics.wait`, and a timer of its
 * event loop is 0.6 ms late; so one thread of the runner sleeps for all of them, and wakes each through a word that it
 * waits for asynchronously. Watched by `bench/socket-lag.ts`.
 */

/** 32-bit words per cache line. */
const LINE = 16;
const SIGNAL = 0;
const CLOSED = LINE;
const FIRST_RUNG = 2 * LINE;

const AIM = 0;
const FIRST_ALARM = 8;

/** Longest sleep without an alarm. */
const IDLE_MS = 1000;
const NS_PER_MS = 1e6;

export interface AlarmMemory {
  readonly words: SharedArrayBuffer;
  readonly instants: SharedArrayBuffer;
  readonly workers: number;
}

export function alarmMemory(workers: number): AlarmMemory {
  const instants = new SharedArrayBuffer(8 * (FIRST_ALARM + 8 * workers));
  new Float64Array(instants).fill(Number.POSITIVE_INFINITY);
  return { words: new SharedArrayBuffer(4 * (FIRST_RUNG + LINE * workers)), instants, workers };
}

const rungOf = (worker: number): number => FIRST_RUNG + LINE * worker;
const alarmOf = (worker: number): number => FIRST_ALARM + 8 * worker;

/** What sleeps: one thread of the runner. Instants are of the runner's own time line. */
export class AlarmClock {
  readonly #words: Int32Array;
  readonly #instants: Float64Array;
  readonly #workers: number;
  readonly #now: () => number;

  constructor(memory: AlarmMemory, now: () => number) {
    this.#words = new Int32Array(memory.words);
    this.#instants = new Float64Array(memory.instants);
    this.#workers = memory.workers;
    this.#now = now;
  }

  /** Rings every alarm when its instant has come, until it is closed. */
  run(): void {
    while (Atomics.load(this.#words, CLOSED) === 0) {
      const heard = Atomics.load(this.#words, SIGNAL);
      const next = this.#ringDue();
      // Whoever sets an earlier alarm after this store sees it, and whoever set one before has changed SIGNAL.
      this.#instants[AIM] = next;
      const ms = (next - this.#now()) / NS_PER_MS;
      if (ms > 0) Atomics.wait(this.#words, SIGNAL, heard, Math.min(ms, IDLE_MS));
    }
  }

  /** Rings what is due, and returns the earliest instant that is not. */
  #ringDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (let worker = 0; worker < this.#workers; worker++) {
      const at = this.#instants[alarmOf(worker)] as number;
      if (at > this.#now()) {
        next = Math.min(next, at);
        continue;
      }
      this.#instants[alarmOf(worker)] = Number.POSITIVE_INFINITY;
      Atomics.add(this.#words, rungOf(worker), 1);
      Atomics.notify(this.#words, rungOf(worker));
    }
    return next;
  }
}

/** Ends the clock's thread. */
export function closeAlarms(memory: AlarmMemory): void {
  const words = new Int32Array(memory.words);
  Atomics.store(words, CLOSED, 1);
  Atomics.add(words, SIGNAL, 1);
  Atomics.notify(words, SIGNAL);
}

/** One worker's alarm. */
export class Alarm {
  readonly #words: Int32Array;
  readonly #instants: Float64Array;
  readonly #worker: number;
  #isListening = false;

  constructor(memory: AlarmMemory, worker: number) {
    this.#words = new Int32Array(memory.words);
    this.#instants = new Float64Array(memory.instants);
    this.#worker = worker;
  }

  /** Rings at `atNs` of the runner's time line, in place of whatever was set before. */
  set(atNs: number): void {
    this.#instants[alarmOf(this.#worker)] = atNs;
    Atomics.add(this.#words, SIGNAL, 1);
    if (atNs < (this.#instants[AIM] as number)) Atomics.notify(this.#words, SIGNAL);
  }

  /** Calls `ring` on this thread's event loop whenever the alarm rings, until {@link mute}. */
  async listen(ring: () => void): Promise<void> {
    this.#isListening = true;
    let heard = Atomics.load(this.#words, rungOf(this.#worker));
    while (this.#isListening) {
      const waiting = Atomics.waitAsync(this.#words, rungOf(this.#worker), heard);
      if (waiting.async) await waiting.value;
      heard = Atomics.load(this.#words, rungOf(this.#worker));
      if (this.#isListening) ring();
    }
  }

  mute(): void {
    this.#isListening = false;
    Atomics.add(this.#words, rungOf(this.#worker), 1);
    Atomics.notify(this.#words, rungOf(this.#worker));
  }
}
