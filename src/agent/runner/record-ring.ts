import type { Outcome } from '../../stats/outcome.ts';
import { type Board, HELD, type Place } from './board.ts';

/**
 * Records of settled requests from one worker to the main thread: one writer, one reader, a fixed size each. Watched by
 * `bench/runner-rate.ts`.
 */
const FIELDS = 8;
const RECORD_BYTES = 8 * FIELDS;
/** Outcome and failure share a field: outcome + 8 · failure. */
const FAILURE_SHIFT = 3;
const OUTCOME_MASK = 7;

/** Room for records of each worker, a power of two: together about 8 MiB, at least 2048 each. */
export function recordRoom(workers: number): number {
  return Math.max(2048, 2 ** Math.floor(Math.log2(131_072 / Math.max(4, workers))));
}

export const recordMemory = (room: number): SharedArrayBuffer => new SharedArrayBuffer(room * RECORD_BYTES);

/** A settled request. The reader fills one and the same object again and again. */
export interface RequestRecord {
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
}

export const emptyRecord = (): RequestRecord => ({
  seq: 0,
  phase: 0,
  intendedNs: 0,
  readyNs: 0,
  startNs: Number.NaN,
  completedNs: 0,
  outcome: 0,
  failure: 0,
  sample: 0,
});

export class RecordWriter {
  readonly #fields: Float64Array;
  readonly #room: number;
  readonly #place: Place;
  readonly #board: Board;
  #written = 0;
  /** What the reader was last seen to have read. */
  #read = 0;

  constructor(memory: SharedArrayBuffer, place: Place, board: Board) {
    this.#fields = new Float64Array(memory);
    this.#room = memory.byteLength / RECORD_BYTES;
    this.#place = place;
    this.#board = board;
  }

  /** Writes the request that the place holds. Waits while the ring is full, which later requests see as lag. */
  write(completedNs: number, outcome: Outcome, failure: number, sample: number): void {
    if (((this.#written - this.#read) | 0) >= this.#room) this.#awaitRoom();
    const held = this.#place.now;
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
    this.#written = (this.#written + 1) | 0;
    this.#place.written = this.#written;
  }

  #awaitRoom(): void {
    for (;;) {
      const heard = this.#board.bell();
      this.#read = this.#place.read;
      if (((this.#written - this.#read) | 0) < this.#room) return;
      this.#board.starve(heard, 5);
    }
  }
}

export class RecordReader {
  readonly #fields: Float64Array;
  readonly #room: number;
  readonly #place: Place;
  #read = 0;

  constructor(memory: SharedArrayBuffer, place: Place) {
    this.#fields = new Float64Array(memory);
    this.#room = memory.byteLength / RECORD_BYTES;
    this.#place = place;
  }

  get room(): number {
    return this.#room;
  }

  /** Records read so far; wraps at 32 bits. */
  get read(): number {
    return this.#read;
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
    into.outcome = (word & OUTCOME_MASK) as Outcome;
    into.failure = word >>> FAILURE_SHIFT;
    into.sample = fields[at + 7] as number;
    this.#read = (this.#read + 1) | 0;
    return true;
  }

  /** Gives the room of everything read so far back to the writer. */
  release(): void {
    this.#place.read = this.#read;
  }
}
