/**
 * What the runner's main thread and its workers share beside tickets and records: a few control words, the trial's
 * instants, where each place stands, and what each worker's own code cost.
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

/** Per place, a line that its worker writes. */
const PLACE_WORDS = LINE;
const TAKEN = 0;
const STARTED = 1;
const WRITTEN = 2;
/** Per worker, a line that it writes. */
const WORKER_WORDS = LINE;

const ZERO = 0;
const STOP_AT = 1;
const CONTROL_INSTANTS = 8;
const PLACE_INSTANTS = 8;
const WORKER_INSTANTS = 8;

/** Fields of {@link Place.now}: the request that a place holds; `sample` as its arrival names it. */
export const HELD = { seq: 0, phase: 1, intended: 2, ready: 3, start: 4, sample: 5 } as const;
/** Two CPU samples (instant, CPU, harness) of a worker, written in turn. */
const SAMPLE_FIELDS = 3;

/** Stop is being decided: whoever sees it waits for the instant. */
const DECIDING = 1;
const DECIDED = 2;

export interface BoardMemory {
  readonly words: SharedArrayBuffer;
  readonly instants: SharedArrayBuffer;
  readonly workers: number;
}

/** For `workers` threads that serve `places` between them. */
export const boardMemory = (workers: number, places: number = workers): BoardMemory => ({
  words: new SharedArrayBuffer(4 * (CONTROL_WORDS + workers * WORKER_WORDS + places * PLACE_WORDS)),
  instants: new SharedArrayBuffer(8 * (CONTROL_INSTANTS + workers * WORKER_INSTANTS + places * PLACE_INSTANTS)),
  workers,
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

  /** Resolves when the bell no longer has the value `heard`; null where that is so already. For a thread that must not stand still. */
  changed(heard: number): Promise<unknown> | null {
    const waiting = Atomics.waitAsync(this.#words, BELL, heard);
    return waiting.async ? waiting.value : null;
  }

  /** From here on somebody needs tickets, until {@link fed}. */
  starving(): void {
    Atomics.add(this.#words, STARVING, 1);
  }

  /** Takes a {@link starving} back. */
  fed(): void {
    Atomics.sub(this.#words, STARVING, 1);
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

/** Where one place stands: room for one request at a time. Its worker writes, the main thread reads. */
export class Place {
  /** The request that the place holds, by {@link HELD}. */
  readonly now: Float64Array;
  /** Number of the place on its agent. */
  readonly index: number;
  readonly #words: Int32Array;
  readonly #base: number;

  constructor(memory: BoardMemory, index: number) {
    this.index = index;
    this.#words = new Int32Array(memory.words);
    this.#base = CONTROL_WORDS + memory.workers * WORKER_WORDS + index * PLACE_WORDS;
    const from = CONTROL_INSTANTS + memory.workers * WORKER_INSTANTS + index * PLACE_INSTANTS;
    this.now = new Float64Array(memory.instants, 8 * from, PLACE_INSTANTS);
  }

  /** Requests taken, started, and written as records. taken - written is 1 while the place holds one, else 0. */
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
}

/** What a worker's own code cost, as the worker samples it: it writes, the main thread reads. */
export class CpuSamples {
  readonly #words: Int32Array;
  readonly #count: number;
  readonly #samples: Float64Array;

  constructor(memory: BoardMemory, worker: number) {
    this.#words = new Int32Array(memory.words);
    this.#count = CONTROL_WORDS + worker * WORKER_WORDS;
    const from = CONTROL_INSTANTS + worker * WORKER_INSTANTS;
    this.#samples = new Float64Array(memory.instants, 8 * from, 2 * SAMPLE_FIELDS);
  }

  /** Leaves a sample: this thread's CPU time and time spent in the harness since it began, nanoseconds. */
  leave(atNs: number, cpuNs: number, harnessNs: number): void {
    const count = Atomics.load(this.#words, this.#count);
    const at = (count & 1) * SAMPLE_FIELDS;
    this.#samples[at] = atNs;
    this.#samples[at + 1] = cpuNs;
    this.#samples[at + 2] = harnessNs;
    Atomics.store(this.#words, this.#count, count + 1);
  }

  /** Copies the latest sample; false when there is none. The worker writes the other one of the two meanwhile. */
  latest(into: Float64Array): boolean {
    const count = Atomics.load(this.#words, this.#count);
    if (count === 0) return false;
    const at = ((count - 1) & 1) * SAMPLE_FIELDS;
    for (let i = 0; i < SAMPLE_FIELDS; i++) into[i] = this.#samples[at + i] as number;
    return true;
  }
}
