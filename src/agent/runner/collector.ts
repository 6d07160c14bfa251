import { HELD, Place } from './board.ts';
import type { Crew } from './crew.ts';
import type { Fold } from './fold.ts';
import { emptyRecord, RecordReader } from './record-ring.ts';
import type { TrialMemory } from './trial-memory.ts';

/** A request that a worker holds: started and in flight, or not started. */
export interface HeldRequest {
  readonly worker: number;
  readonly seq: number;
  readonly phase: number;
  readonly intendedNs: number;
  readonly readyNs: number;
  /** NaN: not started. */
  readonly startNs: number;
}

/** Reads the workers' records into the fold, and says what each of them holds. */
export class Collector {
  readonly #fold: Fold;
  readonly #crew: Crew;
  readonly #places: readonly Place[];
  readonly #readers: readonly RecordReader[];
  readonly #room: number;
  readonly #record = emptyRecord();
  /** Per worker, the completion that was read last; -Infinity before the first. */
  readonly #lastNs: Float64Array;

  constructor(memory: TrialMemory, fold: Fold, crew: Crew) {
    this.#fold = fold;
    this.#crew = crew;
    this.#places = memory.records.map((_, worker) => new Place(memory.board, worker));
    this.#readers = memory.records.map((records, worker) => new RecordReader(records, this.#places[worker] as Place));
    this.#room = this.#readers[0]?.room ?? 1;
    this.#lastNs = new Float64Array(memory.records.length).fill(Number.NEGATIVE_INFINITY);
  }

  /** Folds everything written so far, and returns the fullest ring's share of its room. */
  drain(): number {
    let most = 0;
    for (let worker = 0; worker < this.#readers.length; worker++) most = Math.max(most, this.#drain(worker));
    return most / this.#room;
  }

  /** When the last request read so far was settled; -Infinity before the first. */
  get lastSettledNs(): number {
    return this.#lastNs.reduce((last, at) => Math.max(last, at), Number.NEGATIVE_INFINITY);
  }

  lastSettledOf(worker: number): number {
    return this.#lastNs[worker] as number;
  }

  /** What a worker holds at one instant, everything that it wrote before folded; null when it holds nothing. */
  held(worker: number): HeldRequest | null {
    const place = this.#places[worker] as Place;
    for (;;) {
      this.#drain(worker);
      const written = (this.#readers[worker] as RecordReader).read;
      const taken = place.taken;
      if (taken === written) return null;
      const held = heldBy(place, worker, place.started === taken);
      if (place.taken === taken && place.written === written) return held;
    }
  }

  #drain(worker: number): number {
    const reader = this.#readers[worker] as RecordReader;
    const record = this.#record;
    const written = (this.#places[worker] as Place).written;
    let count = 0;
    while (reader.next(written, record)) {
      count++;
      if (!this.#fold.kinds.isDefined(worker, record.failure)) this.#crew.hear(worker);
      this.#fold.settle(worker, record);
      this.#lastNs[worker] = record.completedNs;
    }
    if (count > 0) reader.release();
    return count;
  }
}

function heldBy(place: Place, worker: number, isStarted: boolean): HeldRequest {
  const { now } = place;
  return {
    worker,
    seq: now[HELD.seq] as number,
    phase: now[HELD.phase] as number,
    intendedNs: now[HELD.intended] as number,
    readyNs: now[HELD.ready] as number,
    startNs: isStarted ? (now[HELD.start] as number) : Number.NaN,
  };
}
