/**
 * What the runner's main thread and its workers share beside tickets and records: a few control words, the trial's
 * instants, and per worker where it stands.
 *
 * Words are 32-bit and wrap; instants are doubles in nanoseconds of the trial. A word is the only thing that publishes
 * the doubles written before it.
 */

/** 32-bit words per cache line: words that different threads write lie on lines of their own. */
const LINE = 16;

const NEXT = 0;
const BELL = LINE;
const STARVING = 2 * LINE;
const STOP = 3 * LINE;
const END = 4 * LINE;
const ENDED = 4 * LINE + 1;
const ARMED = 5 * LINE;
const CONTROL_WORDS = 6 * LINE;

/** Per worker: one line that it writes, one that the main thread writes. */
const WORKER_WORDS = 2 * LINE;
const TAKEN = 0;
const STARTED = 1;
const WRITTEN = 2;
const SAMPLED = 3;
const READ = LINE;

const ZERO = 0;
const STOP_AT = 1;
const CONTROL_INSTANTS = 8;
const WORKER_INSTANTS = 16;

/** Fields of {@link Place.now}: the request that a worker holds; `sample` as its arrival names it. */
export const HELD = { seq: 0, phase: 1, intended: 2, ready: 3, start: 4, sample: 5 } as const;
/** First of two CPU samples (instant, CPU, harness) of a worker, written in turn. */
const SAMPLES = 8;
const SAMPLE_FIELDS = 3;

/** Stop is being decided: whoever sees it waits for the instant. */
const DECIDING = 1;
const DECIDED = 2;

export interface BoardMemory {
  readonly words: SharedArrayBuffer;
  readonly instants: SharedArrayBuffer;
}

export const boardMemory = (workers: number): BoardMemory => ({
  words: new SharedArrayBuffer(4 * (CONTROL_WORDS + workers * WORKER_WORDS)),
  instants: new SharedArrayBuffer(8 * (CONTROL_INSTANTS + workers * WORKER_INSTANTS)),
});

/** The control words. */
export class Board {
  readonly #words: Int32Array;
  readonly #instants: Float64Array;

  constructor(memory: BoardMemory) {
    this.#words = new Int32Array(memory.words);
    this.#instants = new Float64Array(memory.instants);
  }

  /** The next ticket of the one queue, given to exactly one caller. */
  takeNumber(): number {
    return Atomics.add(this.#words, NEXT, 1);
  }

  /** The number that will be taken next: tickets from there on wait. */
  nextNumber(): number {
    return Atomics.load(this.#words, NEXT);
  }

  /** Value of the bell, to be read before looking at what one would sleep for. */
  bell(): number {
    return Atomics.load(this.#words, BELL);
  }

  /** Wakes every sleeping worker. */
  ring(): void {
    Atomics.add(this.#words, BELL, 1);
    Atomics.notify(this.#words, BELL);
  }

  /** Sleeps until the bell no longer has the value `heard`, at most `ms`. */
  sleep(heard: number, ms: number): void {
    Atomics.wait(this.#words, BELL, heard, ms);
  }

  /** Sleeps as {@link sleep}; meanwhile the main thread knows that somebody needs tickets or room for records. */
  starve(heard: number, ms: number): void {
    Atomics.add(this.#words, STARVING, 1);
    Atomics.wait(this.#words, BELL, heard, ms);
    Atomics.sub(this.#words, STARVING, 1);
  }

  /** Wakes the workers when one of them starves: there are tickets, or room for records, again. */
  feed(): void {
    if (Atomics.load(this.#words, STARVING) > 0) this.ring();
  }

  /** No ticket from number `count` on. */
  endAt(count: number): void {
    Atomics.store(this.#words, END, count);
    Atomics.store(this.#words, ENDED, 1);
    this.ring();
  }

  isPastEnd(ticket: number): boolean {
    return Atomics.load(this.#words, ENDED) === 1 && ((ticket - Atomics.load(this.#words, END)) | 0) >= 0;
  }

  /** Instant 0 of the trial, nanoseconds of the runner's own time line. */
  arm(zeroNs: number): void {
    this.#instants[ZERO] = zeroNs;
    Atomics.store(this.#words, ARMED, 1);
    this.ring();
  }

  get isArmed(): boolean {
    return Atomics.load(this.#words, ARMED) === 1;
  }

  get zeroNs(): number {
    return this.#instants[ZERO] as number;
  }

  /**
   * Nothing starts at or after the instant returned: `atNs`, or now where that has passed; never later than what an
   * earlier call returned. For the main thread alone.
   *
   * Whoever read the clock before the first store starts before `now()` is read here; whoever sees the first store
   * waits for the second. So no request ever starts at or after the instant, however threads are scheduled.
   */
  stop(atNs: number, now: () => number): number {
    const before = this.isStopping ? (this.#instants[STOP_AT] as number) : Number.POSITIVE_INFINITY;
    Atomics.store(this.#words, STOP, DECIDING);
    const instant = Math.min(before, Math.max(atNs, now() + 1));
    this.#instants[STOP_AT] = instant;
    Atomics.store(this.#words, STOP, DECIDED);
    this.ring();
    return instant;
  }

  /** Whether a stop has been asked for; nothing may have changed yet. */
  get isStopping(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  /** Whether a request intended at `intended` must not start at `now`. `now` was read before this call. */
  forbids(intended: number, now: number): boolean {
    if (Atomics.load(this.#words, STOP) === 0) return false;
    while (Atomics.load(this.#words, STOP) !== DECIDED);
    const at = this.#instants[STOP_AT] as number;
    return now >= at || intended >= at;
  }
}

/** Where one worker stands. The worker writes, the main thread reads; `read` the other way about. */
export class Place {
  /** The request that the worker holds, by {@link HELD}. */
  readonly now: Float64Array;
  readonly #words: Int32Array;
  readonly #base: number;

  constructor(memory: BoardMemory, worker: number) {
    this.#words = new Int32Array(memory.words);
    this.#base = CONTROL_WORDS + worker * WORKER_WORDS;
    const from = CONTROL_INSTANTS + worker * WORKER_INSTANTS;
    this.now = new Float64Array(memory.instants, 8 * from, WORKER_INSTANTS);
  }

  /** Requests taken, started, and written as records. taken - written is 1 while the worker holds one, else 0. */
  get taken(): number {
    return Atomics.load(this.#words, this.#base + TAKEN);
  }

  set taken(count: number) {
    Atomics.store(this.#words, this.#base + TAKEN, count);
  }

  /** `taken` of the last request that was started. */
  get started(): number {
    return Atomics.load(this.#words, this.#base + STARTED);
  }

  set started(taken: number) {
    Atomics.store(this.#words, this.#base + STARTED, taken);
  }

  get written(): number {
    return Atomics.load(this.#words, this.#base + WRITTEN);
  }

  set written(count: number) {
    Atomics.store(this.#words, this.#base + WRITTEN, count);
  }

  /** Records that the main thread has read: their room is free again. */
  get read(): number {
    return Atomics.load(this.#words, this.#base + READ);
  }

  set read(count: number) {
    Atomics.store(this.#words, this.#base + READ, count);
  }

  /** Leaves a CPU sample: this thread's CPU time and time spent in the harness since it began, nanoseconds. */
  leaveSample(atNs: number, cpuNs: number, harnessNs: number): void {
    const count = Atomics.load(this.#words, this.#base + SAMPLED);
    const at = SAMPLES + (count & 1) * SAMPLE_FIELDS;
    this.now[at] = atNs;
    this.now[at + 1] = cpuNs;
    this.now[at + 2] = harnessNs;
    Atomics.store(this.#words, this.#base + SAMPLED, count + 1);
  }

  /** Copies the latest CPU sample; false when there is none. The worker writes the other one of the two meanwhile. */
  latestSample(into: Float64Array): boolean {
    const count = Atomics.load(this.#words, this.#base + SAMPLED);
    if (count === 0) return false;
    const at = SAMPLES + ((count - 1) & 1) * SAMPLE_FIELDS;
    for (let i = 0; i < SAMPLE_FIELDS; i++) into[i] = this.now[at + i] as number;
    return true;
  }
}
