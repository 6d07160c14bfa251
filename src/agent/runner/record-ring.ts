import type { Outcome } from '../../stats/outcome.ts';
import type { ServiceParts } from '../../targets/network-target.ts';
import { type Board, HELD, type Place } from './board.ts';

/**
 * Records of settled requests, and of the events of streams, from one worker to the main thread: one writer, one reader, a
 * fixed size each. Watched by `bench/runner-rate.ts`.
 */
const FIELDS = 13;
const RECORD_BYTES = 8 * FIELDS;
/** Before the records: a cache line that the writer writes and one that the reader writes. */
const HEAD_BYTES = 128;
const WRITTEN = 0;
const READ = 16;
/** Outcome and failure share a field: outcome + 8 · failure. */
const FAILURE_SHIFT = 3;
const OUTCOME_MASK = 7;
/** In the place of an outcome: an event of a request that is in flight. */
const EVENT = 7;

/** Room for records of each worker, a power of two: together about 8 MiB, at least 2048 each. */
export function recordRoom(workers: number): number {
  return Math.max(2048, 2 ** Math.floor(Math.log2(131_072 / Math.max(4, workers))));
}

export const recordMemory = (room: number): SharedArrayBuffer =>
  new SharedArrayBuffer(HEAD_BYTES + room * RECORD_BYTES);

/** A settled request, or an event of one in flight. The reader fills one and the same object again and again. */
export interface RequestRecord extends Omit<ServiceParts, 'firstEventAtNs'> {
  /**
   * An event: of the rest only `phase`, `intendedNs`, `place`, `readyNs` (when the event before it came; NaN: it is the
   * first) and `completedNs` (when it came) mean anything.
   */
  isEvent: boolean;
  seq: number;
  phase: number;
  intendedNs: number;
  readyNs: number;
  /** NaN: never started. */
  startNs: number;
  completedNs: number;
  outcome: Outcome;
  /** The worker's own number of a failure with something to tell, from 1; 0: none. */
  failure: number;
  sample: number;
  /** Number of the place that held it, of its agent. */
  place: number;
  /** From its start to its first event; above 0 where there was one. */
  firstEventNs: number;
}

export const emptyRecord = (): RequestRecord => ({
  isEvent: false,
  seq: 0,
  phase: 0,
  intendedNs: 0,
  readyNs: 0,
  startNs: Number.NaN,
  completedNs: 0,
  outcome: 0,
  failure: 0,
  sample: 0,
  place: 0,
  connectNs: 0,
  firstByteNs: 0,
  serverNs: 0,
  firstEventNs: 0,
});

export class RecordWriter {
  readonly #fields: Float64Array;
  readonly #cursors: Int32Array;
  readonly #room: number;
  readonly #board: Board;
  #written = 0;
  /** What the reader was last seen to have read. */
  #read = 0;

  constructor(memory: SharedArrayBuffer, board: Board) {
    this.#fields = new Float64Array(memory, HEAD_BYTES);
    this.#cursors = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#room = (memory.byteLength - HEAD_BYTES) / RECORD_BYTES;
    this.#board = board;
  }

  /**
   * Writes the request that `place` holds, and counts it as written there. Waits while the ring is full, which later
   * requests see as lag.
   */
  write(place: Place, completedNs: number, outcome: Outcome, failure: number, sample: number): void {
    if (((this.#written - this.#read) | 0) >= this.#room) this.#awaitRoom();
    const held = place.now;
    const fields = this.#fields;
    const at = (this.#written & (this.#room - 1)) * FIELDS;
    fields[at] = held[HELD.seq] as number;
    fields[at + 1] = held[HELD.phase] as number;
    fields[at + 2] = held[HELD.intended] as number;
    fields[at + 3] = held[HELD.ready] as number;
    fields[at + 4] = held[HELD.start] as number;
    fields[at + 5] = completedNs;
    fields[at + 6] = outcome + (failure << FAILURE_SHIFT);
    fields[at + 7] = sample;
    fields[at + 8] = place.index;
    this.#written = (this.#written + 1) | 0;
    Atomics.store(this.#cursors, WRITTEN, this.#written);
    place.written = (place.written + 1) | 0;
  }

  /** As {@link write}, with the parts of its service time. */
  writeParts(
    place: Place,
    completedNs: number,
    outcome: Outcome,
    failure: number,
    sample: number,
    parts: ServiceParts,
  ): void {
    if (((this.#written - this.#read) | 0) >= this.#room) this.#awaitRoom();
    const at = (this.#written & (this.#room - 1)) * FIELDS;
    this.#fields[at + 9] = parts.connectNs;
    this.#fields[at + 10] = parts.firstByteNs;
    this.#fields[at + 11] = parts.serverNs;
    this.#fields[at + 12] = parts.firstEventAtNs - (place.now[HELD.start] as number);
    this.write(place, completedNs, outcome, failure, sample);
  }

  /** An event of the request that `place` holds came at `atNs`, the one before it at `sinceNs`; NaN: there was none. */
  writeEvent(place: Place, sinceNs: number, atNs: number): void {
    if (((this.#written - this.#read) | 0) >= this.#room) this.#awaitRoom();
    const held = place.now;
    const fields = this.#fields;
    const at = (this.#written & (this.#room - 1)) * FIELDS;
    fields[at + 1] = held[HELD.phase] as number;
    fields[at + 2] = held[HELD.intended] as number;
    fields[at + 3] = sinceNs;
    fields[at + 5] = atNs;
    fields[at + 6] = EVENT;
    fields[at + 8] = place.index;
    this.#written = (this.#written + 1) | 0;
    Atomics.store(this.#cursors, WRITTEN, this.#written);
  }

  #awaitRoom(): void {
    for (;;) {
      const heard = this.#board.bell();
      this.#read = Atomics.load(this.#cursors, READ);
      if (((this.#written - this.#read) | 0) < this.#room) return;
      this.#board.starve(heard, 5);
    }
  }
}

export class RecordReader {
  readonly #fields: Float64Array;
  readonly #cursors: Int32Array;
  readonly #room: number;
  #read = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#fields = new Float64Array(memory, HEAD_BYTES);
    this.#cursors = new Int32Array(memory, 0, HEAD_BYTES / 4);
    this.#room = (memory.byteLength - HEAD_BYTES) / RECORD_BYTES;
  }

  get room(): number {
    return this.#room;
  }

  /** Records written so far; wraps at 32 bits, as {@link read}. */
  get written(): number {
    return Atomics.load(this.#cursors, WRITTEN);
  }

  /** Reads the next record written before `written`; false when there is none. */
  next(written: number, into: RequestRecord): boolean {
    if (this.#read === written) return false;
    const fields = this.#fields;
    const at = (this.#read & (this.#room - 1)) * FIELDS;
    into.seq = fields[at] as number;
    into.phase = fields[at + 1] as number;
    into.intendedNs = fields[at + 2] as number;
    into.readyNs = fields[at + 3] as number;
    into.startNs = fields[at + 4] as number;
    into.completedNs = fields[at + 5] as number;
    const word = fields[at + 6] as number;
    into.isEvent = word === EVENT;
    into.outcome = (word & OUTCOME_MASK) as Outcome;
    into.failure = word >>> FAILURE_SHIFT;
    into.sample = fields[at + 7] as number;
    into.place = fields[at + 8] as number;
    into.connectNs = fields[at + 9] as number;
    into.firstByteNs = fields[at + 10] as number;
    into.serverNs = fields[at + 11] as number;
    into.firstEventNs = fields[at + 12] as number;
    this.#read = (this.#read + 1) | 0;
    return true;
  }

  /** Gives the room of everything read so far back to the writer. */
  release(): void {
    Atomics.store(this.#cursors, READ, this.#read);
  }
}
